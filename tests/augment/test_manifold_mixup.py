"""Manifold Mixup really mixes where it says, in one forward pass, with targets that follow."""

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation, canonical
from mixbench.augment.protocol import Context
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


def model_of(backbone="test_resnet"):
    torch.manual_seed(0)
    return build(backbone, DATA).eval()


def run(spec, model, seed=0):
    """The logits and targets that the criterion is given."""
    images, targets, context = batch()
    seen = {}

    def criterion(logits, mixed):
        seen.update(logits=logits, targets=mixed)
        return logits.sum() * 0 + 7

    loss = augmentation(spec).loss(model, criterion, images, targets, np.random.default_rng(seed), context)
    assert loss.item() == 7
    return seen["logits"].detach(), seen["targets"]


def draws(spec, seed=0):
    """Stage, λ and order, drawn again by hand."""
    rng = np.random.default_rng(seed)
    method = augmentation(spec)
    stage = method.stages[int(rng.integers(len(method.stages)))]
    return stage, float(rng.beta(method.alpha, method.alpha)), torch.from_numpy(rng.permutation(N))


def mixed(values, share, order):
    return share * values + (1 - share) * values[order]


def by_hand(model, place, share, order):
    """The forward pass of test_resnet written out, mixed at a place."""
    images, _, _ = batch()
    net = model.net
    images = mixed(images, share, order) if place == 0 else images
    x = net.act1(net.bn1(net.conv1((images - model.mean) / model.std)))
    x = mixed(x, share, order) if place == "stem" else x
    for k, layer in enumerate((net.layer1, net.layer2, net.layer3, net.layer4), start=1):
        x = layer(x)
        x = mixed(x, share, order) if place == k else x
    return net.fc(x.mean(dim=(2, 3)))


@pytest.mark.parametrize("place", [0, "stem", 1, 2, 3, 4])
def test_mixes_the_representation_at_its_place(place):
    spec, model = f"manifold_mixup(stages=[{place}])", model_of()
    _, share, order = draws(spec)
    logits, targets = run(spec, model)
    with torch.no_grad():
        expected = by_hand(model, place, share, order)
        plain = by_hand(model, None, share, order)
    assert torch.allclose(logits, expected, atol=1e-5)
    assert (logits - plain).abs().max() > 1e-3
    assert torch.allclose(targets, mixed(batch()[1], share, order))


def test_the_input_is_really_mixed_at_stage_nought():
    """A public implementation mixes only the labels there."""
    given = {}
    model = model_of()
    model.register_forward_pre_hook(lambda module, args: given.update(images=args[0]))
    run("manifold_mixup(stages=[0])", model)
    _, share, order = draws("manifold_mixup(stages=[0])")
    assert torch.allclose(given["images"], mixed(batch()[0], share, order))


def test_each_batch_draws_its_stage_from_the_list():
    stages = [draws("manifold_mixup", seed)[0] for seed in range(300)]
    assert {0, 1, 2} == set(stages)
    # 300 draws of a third each: five standard deviations are 41.
    assert all(abs(stages.count(stage) - 100) < 41 for stage in (0, 1, 2))
    model = model_of()
    for seed in range(6):
        place, share, order = draws("manifold_mixup", seed)
        with torch.no_grad():
            assert torch.allclose(run("manifold_mixup", model, seed)[0], by_hand(model, place, share, order), atol=1e-5)


@pytest.mark.parametrize("alpha", [0.5, 8.0])
def test_alpha_is_that_of_the_beta_distribution(alpha):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        rng.integers(1)
        share, order = rng.beta(alpha, alpha), torch.from_numpy(rng.permutation(N))
        _, targets = run(f"manifold_mixup(alpha={alpha},stages=[0])", model_of(), seed)
        assert torch.allclose(targets, mixed(batch()[1], share, order))


def test_leaves_batch_and_model_as_they_were():
    model = model_of()
    images, targets, context = batch()
    kept = images.clone(), targets.clone()
    state = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        augmentation("manifold_mixup(stages=[2])").loss(
            model, lambda logits, mixed: 1 / 0, images, targets, np.random.default_rng(0), context
        )
    assert torch.equal(images, kept[0])
    assert torch.equal(targets, kept[1])
    assert torch.equal(state, torch.get_rng_state())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_gradients_reach_what_lies_before_the_mix():
    model = model_of().train()
    images, targets, context = batch()
    method = augmentation("manifold_mixup(stages=[3])")
    loss = method.loss(
        model, lambda z, t: (z.log_softmax(1) * t).sum(), images, targets, np.random.default_rng(0), context
    )
    loss.backward()
    assert next(model.net.parameters()).grad.abs().sum() > 0


def test_spec_writes_its_stages():
    assert canonical(augmentation("manifold_mixup")) == "manifold_mixup(alpha=2.0,stages=[0,1,2])"
    assert canonical(augmentation("manifold_mixup(stages=[stem,1])")).endswith("stages=[stem,1])")


@pytest.mark.parametrize("stages", ["[]", "[root]", "[-1]", "[1.5]", "1"])
def test_refuses_other_stages(stages):
    with pytest.raises(MixBenchError):
        augmentation(f"manifold_mixup(stages={stages})")


@pytest.mark.parametrize("other", ["mixup", "cutmix"])
def test_does_not_combine_with_another_mixer(other):
    with pytest.raises(MixBenchError, match="does not combine"):
        augmentation(f"manifold_mixup+{other}")


def test_refuses_a_stage_that_the_backbone_lacks():
    augmentation("manifold_mixup(stages=[4])").prepare(model_of())
    with pytest.raises(MixBenchError, match=r"needed stages=\[5\], got backbone 'test_resnet' with 4 residual stages"):
        augmentation("manifold_mixup(stages=[5])").prepare(model_of())
