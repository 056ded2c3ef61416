"""Noisy Feature Mixup: the noise's law, its place behind the normalisation, and Manifold Mixup where there is none."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from mixbench.augment.build import augmentation, canonical, composition
from mixbench.augment.protocol import Context
from mixbench.augment.tools.feature_noise import noised
from mixbench.data.split import DataSet, Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build

DATA = load_suite("digits").data
N = 6
WITHOUT = "noisy_feature_mixup(additive=0,multiplicative=0)"


def batch():
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (N, 1, 8, 8), generator=generator, dtype=torch.uint8)
    train = Split(pixels, torch.arange(N) % 10)
    indices = torch.arange(N)
    context = Context(0, 1, indices, DataSet(train, train, 10, (0.5,), (0.25,)))
    return train.pixels(indices), train.one_hot(indices, 10), context


@pytest.fixture(scope="module")
def model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = build("test_resnet", DATA).eval()
    with torch.no_grad():
        # Predictions that differ, as a trained model's do.
        made.net.fc.weight.mul_(30)
    return made


def run(spec, model, seed=0):
    """The logits and targets that the criterion is given."""
    images, targets, context = batch()
    seen = {}

    def criterion(logits, mixed):
        seen.update(logits=logits, targets=mixed)
        return logits.sum() * 0

    augmentation(spec).loss(model, criterion, images, targets, np.random.default_rng(seed), context)
    return seen["logits"].detach(), seen["targets"]


def by_hand(model, seed, additive, multiplicative):
    """The forward pass of test_resnet written out, with the authors' mixing and noise at a place; place and targets."""
    rng = np.random.default_rng(seed)
    place, share, order = int(rng.integers(4)), rng.beta(1, 1), torch.from_numpy(rng.permutation(N))

    def changed(h):
        h = share * h + (1 - share) * h[order]
        first, second = rng.beta(2, 5), rng.beta(2, 5)
        u = 2 * rng.random(h.shape, dtype=np.float32) - 1
        normal = rng.standard_normal(h.shape, dtype=np.float32)
        return (1 + multiplicative * second * torch.from_numpy(u)) * h + additive * first * torch.from_numpy(normal)

    images, targets, _ = batch()
    net = model.net
    x = (images - model.mean) / model.std
    x = net.act1(net.bn1(net.conv1(changed(x) if place == 0 else x)))
    for k, layer in enumerate((net.layer1, net.layer2, net.layer3, net.layer4), start=1):
        x = changed(layer(x)) if place == k else layer(x)
    return place, net.fc(x.mean(dim=(2, 3))), share * targets + (1 - share) * targets[order]


def test_is_the_authors_formula_at_each_place(model):
    places = set()
    for seed in range(12):
        logits, targets = run("noisy_feature_mixup", model, seed)
        with torch.no_grad():
            place, expected, mixed = by_hand(model, seed, 0.4, 0.2)
        torch.testing.assert_close(logits, expected, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(targets, mixed)
        places.add(place)
    assert places == {0, 1, 2, 3}


def test_without_noise_is_manifold_mixup(model):
    for seed in range(12):
        ours, theirs = (run(spec, model, seed) for spec in (WITHOUT, "manifold_mixup(alpha=1,stages=[0,1,2,3])"))
        torch.testing.assert_close(ours[0], theirs[0], rtol=1e-5, atol=1e-5)
        assert torch.equal(ours[1], theirs[1])


def test_noise_at_the_input_lies_behind_the_normalisation(model):
    """In front of it, it would be as many times stronger as the deviation is smaller than 1, and clamped."""
    given = {}
    handle = model.net.conv1.register_forward_pre_hook(lambda module, inputs: given.update(images=inputs[0]))
    run("noisy_feature_mixup(additive=3,multiplicative=0,stages=[0])", model)
    noisy = given["images"]
    run("noisy_feature_mixup(additive=0,multiplicative=0,stages=[0])", model)
    handle.remove()
    rng = np.random.default_rng(0)
    rng.integers(1), rng.beta(1, 1), rng.permutation(N)
    first = rng.beta(2, 5, 2)[0]
    assert float((noisy - given["images"]).std()) == pytest.approx(3 * first, rel=0.15)
    assert float(noisy.min()) < float(((0 - model.mean) / model.std).min())


def test_places_are_equally_often(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "mixbench.augment.methods.noisy_feature_mixup.changed_at",
        lambda model, place, change: drawn.append(place) or nullcontext(),
    )
    images, targets, context = batch()
    method = augmentation("noisy_feature_mixup")
    for seed in range(2000):
        method.loss(torch.sum, lambda logits, mixed: logits, images, targets, np.random.default_rng(seed), context)
    # 500 each, standard deviation 19.
    assert all(400 < count < 600 for count in np.bincount(drawn, minlength=4))


@pytest.mark.parametrize("left_out", [0.0, 0.65])
def test_noise_has_the_stated_law(left_out):
    """Of each level alone: what is not left out is uniform, or normal, of the batch's own strength."""
    ones = torch.ones(20_000, dtype=torch.double)
    for seed in range(3):
        first, second = np.random.default_rng(seed).beta(2, 5, 2)
        added = noised(ones, 0.5, 0, np.random.default_rng(seed), left_out) - 1
        multiplied = noised(ones, 0, 0.5, np.random.default_rng(seed), left_out) - 1
        for change, law in ((added / (0.5 * first), "norm"), (multiplied / (0.5 * second), ("uniform", (-1, 2)))):
            kept = change[change != 0].numpy()
            # 20,000 draws: a standard deviation of the share is at most 0.0034.
            assert len(kept) / 20_000 == pytest.approx(1 - left_out, abs=0.02)
            name, parameters = (law, ()) if isinstance(law, str) else law
            assert kstest(kept, name, parameters).pvalue > 1e-4


def test_strengths_are_drawn_from_beta_2_5():
    ones = torch.ones(400, dtype=torch.double)
    strengths = [float((noised(ones, 1, 0, np.random.default_rng(seed)) - 1).std()) for seed in range(800)]
    assert np.mean(strengths) == pytest.approx(2 / 7, abs=0.03)
    assert np.std(strengths) == pytest.approx((10 / (49 * 8)) ** 0.5, abs=0.02)


def test_everything_left_out_is_no_noise():
    values = torch.rand(50, generator=torch.Generator().manual_seed(0))
    assert torch.equal(noised(values, 1, 1, np.random.default_rng(0), 1.0), values)


def test_leaves_batch_and_model_as_they_were(model):
    images, targets, context = batch()
    kept, state = (images.clone(), targets.clone()), torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        augmentation("noisy_feature_mixup(stages=[2])").loss(
            model, lambda logits, mixed: 1 / 0, images, targets, np.random.default_rng(0), context
        )
    assert torch.equal(images, kept[0])
    assert torch.equal(targets, kept[1])
    assert torch.equal(state, torch.get_rng_state())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_spec_and_combinations():
    written = "noisy_feature_mixup(alpha=1.0,additive=0.4,multiplicative=0.2,stages=[0,1,2,3])"
    assert canonical(augmentation("noisy_feature_mixup")) == written
    assert len(composition("noisy_feature_mixup+bi_tempered").parts) == 2
    for other in ("mixup", "manifold_mixup", "augmix"):
        with pytest.raises(MixBenchError, match="does not combine"):
            composition(f"noisy_feature_mixup+{other}")


def test_refuses_a_stage_that_the_backbone_lacks(model):
    augmentation("noisy_feature_mixup").prepare(model)
    with pytest.raises(MixBenchError, match=r"noisy_feature_mixup.*needed stages=\[5\], got backbone 'test_resnet'"):
        augmentation("noisy_feature_mixup(stages=[5])").prepare(model)
