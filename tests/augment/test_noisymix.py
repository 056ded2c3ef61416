"""NoisyMix against its formula written out on the same draws, at each place, and its noise's levels by view."""

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation, canonical, composition
from mixbench.augment.methods.noisymix import NoisyMix
from mixbench.augment.protocol import Context
from mixbench.augment.tools.chains import augmix_view
from mixbench.data.split import DataSet, Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build

DATA = load_suite("digits").data
N = 6


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


def step(model, method, seed):
    images, targets, context = batch()
    return method.loss(model, composition("erm").criterion, images, targets, np.random.default_rng(seed), context)


def by_hand(model, method, seed):
    """The three views' logits through test_resnet written out, changed at a place; place and mixed targets."""
    rng = np.random.default_rng(seed)
    place, share, order = int(rng.integers(4)), rng.beta(1, 1), torch.from_numpy(rng.permutation(N))
    images, targets, _ = batch()
    views = [images, augmix_view(images, rng), augmix_view(images, rng)]

    def noise(h, view):
        first, second = rng.beta(2, 5), rng.beta(2, 5)
        factor, added = torch.ones(h.shape), torch.zeros(h.shape)
        if method.multiplicative:
            drawn = torch.from_numpy(rng.random(h.shape, dtype=np.float32))
            kept = drawn >= method.left_out
            u = 2 * (drawn[kept] - method.left_out) / (1 - method.left_out) - 1
            factor[kept] += method.multiplicative * second * u
        if method.additive:
            normal = torch.from_numpy(rng.standard_normal(h.shape, dtype=np.float32))
            kept = torch.from_numpy(rng.random(h.shape, dtype=np.float32)) >= method.left_out
            added[kept] = method.additive * view * first * normal[kept]
        return factor * h + added

    def changed(h):
        parts = [share * view + (1 - share) * view[order] for view in h.chunk(3)]
        return torch.cat([noise(part, number) for number, part in enumerate(parts, start=1)])

    net = model.net
    x = (torch.cat(views) - model.mean) / model.std
    x = net.act1(net.bn1(net.conv1(changed(x) if place == 0 else x)))
    for k, layer in enumerate((net.layer1, net.layer2, net.layer3, net.layer4), start=1):
        x = changed(layer(x)) if place == k else layer(x)
    return place, net.fc(x.mean(dim=(2, 3))).chunk(3), share * targets + (1 - share) * targets[order]


def consistency(logits):
    p = [each.softmax(1) for each in logits]
    mixture = (sum(p) / 3).clamp(1e-7, 1)
    return sum((q * (q / mixture).log()).sum(1).mean() for q in p) / 3


@pytest.mark.parametrize("weight", [0.0, 12.0])
def test_is_the_formula_at_each_place(model, weight):
    method, places = NoisyMix(weight=weight), set()
    for seed in range(12):
        with torch.no_grad():
            loss = step(model, method, seed)
            place, logits, targets = by_hand(model, method, seed)
            entropy = -(targets * logits[0].log_softmax(1)).sum(1).mean()
            torch.testing.assert_close(loss, entropy + weight * consistency(logits), rtol=1e-5, atol=1e-5)
        places.add(place)
    assert places == {0, 1, 2, 3}


def test_without_views_and_noise_is_manifold_mixup(model):
    """The clean view is mixed as Manifold Mixup mixes it, with the same place, λ and order."""
    images, targets, context = batch()
    for seed in range(8):
        losses = [
            augmentation(spec).loss(
                model, composition("erm").criterion, images, targets, np.random.default_rng(seed), context
            )
            for spec in (
                "noisymix(additive=0,multiplicative=0,weight=0)",
                "manifold_mixup(alpha=1,stages=[0,1,2,3])",
            )
        ]
        torch.testing.assert_close(*losses, rtol=1e-5, atol=1e-5)


def test_added_noise_grows_with_the_view(model):
    """On views that are all black its mean strength is a·i·E[s₁], E[s₁] = 2/7, and 35 % of the elements have it."""
    given = []
    handle = model.net.conv1.register_forward_pre_hook(lambda module, inputs: given.append(inputs[0]))
    _, targets, context = batch()
    method = NoisyMix(multiplicative=0.0, additive=0.5, stages=(0,))
    for seed in range(400):
        with torch.no_grad():
            rng = np.random.default_rng(seed)
            method.loss(model, lambda logits, mixed: 0, torch.zeros(N, 1, 8, 8), targets, rng, context)
    handle.remove()
    # Geometry, equalising and the like leave black pictures black; inverting them by solarising needs level 10.
    noise = torch.stack([(views - (0 - model.mean) / model.std).reshape(3, -1) for views in given])
    for view in range(3):
        values = noise[:, view]
        # Mixing rounds, by less than a millionth.
        noised = values.abs() > 1e-6
        strengths = torch.tensor([float(each[which].std()) for each, which in zip(values, noised, strict=True)])
        assert float(noised.float().mean()) == pytest.approx(0.35, abs=0.01)
        assert float(strengths.mean()) == pytest.approx(0.5 * (view + 1) * 2 / 7, rel=0.08)


def test_takes_one_pass_of_three_views(model):
    seen = []
    handle = model.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    step(model, NoisyMix(), 0)
    handle.remove()
    assert seen == [3 * N]
    assert NoisyMix().forward_passes == 3


def test_leaves_model_and_batch_as_they_were(model):
    images, targets, context = batch()
    kept, state = (images.clone(), targets.clone()), torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        NoisyMix().loss(model, lambda logits, mixed: 1 / 0, images, targets, np.random.default_rng(0), context)
    assert torch.equal(images, kept[0])
    assert torch.equal(targets, kept[1])
    assert torch.equal(state, torch.get_rng_state())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_spec_combinations_and_refusals(model):
    assert canonical(augmentation("noisymix")).startswith(
        "noisymix(alpha=1.0,additive=0.5,multiplicative=0.5,left_out=0.65,weight=12.0"
    )
    for other in ("mixup", "augmix", "noisy_feature_mixup"):
        with pytest.raises(MixBenchError, match="does not combine"):
            composition(f"noisymix+{other}")
    augmentation("noisymix").prepare(model)
    with pytest.raises(MixBenchError, match=r"noisymix.*needed stages=\[5\]"):
        augmentation("noisymix(stages=[5])").prepare(model)
