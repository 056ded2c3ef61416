"""SnapMix's weights, maps and untouched model, by hand and against an implementation of its own."""

import copy

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from mixbench.augment.build import augmentation
from mixbench.augment.methods import snapmix
from mixbench.augment.methods.snapmix import SnapMix
from mixbench.augment.protocol import Context
from mixbench.augment.tools.activation import class_maps, normalised
from mixbench.data.load import load
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.torch_state import library_randomness
from mixbench.training.backbone import build

DATA = load_suite("digits").data
MAPS = torch.tensor(
    [
        [[4, 2, 0, 0], [2, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 2, 0], [1, 0, 0, 1]],
    ]
) / torch.tensor(10.0)
INTO = (0, 2, 1, 4)


@pytest.fixture
def boxes(monkeypatch):
    """Fix the boxes, the first for the target image, and the partners: two images, each the other's."""

    def fix(*given):
        queue = list(given)
        monkeypatch.setattr(SnapMix, "_box", lambda self, images, rng: queue.pop(0))
        monkeypatch.setattr(snapmix, "permutation", lambda n, rng: torch.arange(n).flip(0))

    return fix


def model(backbone="test_resnet"):
    with library_randomness(np.random.default_rng(0)):
        return build(backbone, DATA)


def batch(n=16):
    data = load(DATA)
    indices = torch.arange(n)
    return data.train.pixels(indices), data.train.one_hot(indices, 10), Context(0, 1, indices, data)


def cross_entropy(logits, targets):
    return -(targets * logits.log_softmax(1)).sum(1).mean()


def test_weights_by_hand(boxes):
    boxes(INTO, (1, 3, 0, 3))
    images = torch.stack([torch.zeros(1, 4, 4), torch.arange(16.0).reshape(1, 4, 4) / 16])
    kept = images.clone()
    mixed, targets = SnapMix().mix_by_maps(images, torch.eye(3)[:2], MAPS, np.random.default_rng(0))
    # Image 0 loses 2/10 of its map, and gets 8/10 of its partner's; image 1 loses 3/10, and gets 3/10.
    torch.testing.assert_close(targets, torch.tensor([[0.8, 0.8, 0], [0.3, 0.7, 0]]))
    assert torch.equal(mixed[0, 0, :2, 1:], kept[1, 0, 1:3, :3])
    outside = torch.ones(4, 4, dtype=torch.bool)
    outside[:2, 1:] = False
    assert torch.equal(mixed[:, :, outside], kept[:, :, outside])
    assert torch.equal(images, kept)


def test_same_label_has_both_losses_with_the_sum_of_both_weights(boxes):
    """The authors: each weight is added to the other, and the losses of both labels, here the same, are added up."""
    boxes(INTO, (1, 3, 0, 3))
    same = torch.eye(3)[[1, 1]]
    _, targets = SnapMix().mix_by_maps(torch.rand(2, 1, 4, 4), same, MAPS, np.random.default_rng(0))
    torch.testing.assert_close(targets, torch.tensor([[0, 3.2, 0], [0, 2.0, 0]]))


@pytest.mark.parametrize("side", [8, 28, 32, 224])
def test_weights_follow_the_authors_law(side):
    """On even maps, over many draws: 1 − (area lost) and (area given) for two labels, twice their sum for one.

    The areas are those of both boxes of the same draws, the labels alternate, and partners are any of four images.
    """
    images, labels = torch.zeros(4, 1, side, side), torch.tensor([0, 1, 0, 1])
    maps, targets = torch.full((4, side, side), 1 / side**2, dtype=torch.float64), torch.eye(2).double()[labels]
    for seed in range(60):
        rng, again = np.random.default_rng(seed), np.random.default_rng(seed)
        _, mixed = SnapMix().mix_by_maps(images, targets, maps, rng)
        lost, given = (area(SnapMix()._box(images, again)) / side**2 for _ in range(2))
        partners = labels[torch.from_numpy(again.permutation(4))]
        if not lost * given:
            lost, given, partners = 0.0, 0.0, 1 - labels
        for got, label, other in zip(mixed, labels, partners, strict=True):
            expected = torch.zeros(2, dtype=torch.float64)
            expected[label] += 1 - lost if label != other else 2 * (1 - lost + given)
            expected[other] += given if label != other else 0
            torch.testing.assert_close(got, expected, atol=1e-9, rtol=0)


def area(box):
    return (box[1] - box[0]) * (box[3] - box[2])


def test_patch_is_resized_bilinearly(boxes):
    boxes((1, 4, 0, 3), (0, 2, 0, 2))
    images = torch.zeros(2, 1, 4, 4)
    images[1, 0, :2, :2] = torch.tensor([[0.0, 0.4], [0.8, 1.0]])
    mixed, _ = SnapMix().mix_by_maps(images, torch.eye(3)[:2], MAPS, np.random.default_rng(0))
    expected = torch.tensor([[0.0, 0.2, 0.4], [0.4, 0.55, 0.7], [0.8, 0.9, 1.0]])
    torch.testing.assert_close(mixed[0, 0, 1:, :3], expected)


def test_an_empty_box_mixes_nothing(boxes):
    boxes(INTO, (1, 1, 2, 2))
    images, targets = torch.rand(2, 1, 4, 4), torch.eye(3)[:2]
    mixed, mixed_targets = SnapMix().mix_by_maps(images, targets, MAPS, np.random.default_rng(0))
    assert torch.equal(mixed, images)
    assert torch.equal(mixed_targets, targets)


def bilinear(small, height, width):
    """Pixel centres, edges repeated."""
    result = np.zeros((height, width))
    for y, x in np.ndindex(height, width):
        for axis_y, weight_y in corners(y, height, small.shape[0]):
            for axis_x, weight_x in corners(x, width, small.shape[1]):
                result[y, x] += weight_y * weight_x * small[axis_y, axis_x]
    return result


def corners(place, large, small):
    centre = max((place + 0.5) * small / large - 0.5, 0)
    low = min(int(centre), small - 1)
    return [(low, 1 - (centre - low)), (min(low + 1, small - 1), centre - low)]


@pytest.mark.parametrize("backbone", ["test_resnet", "resnetv2_18", "efficientnet_b0"])
def test_maps_are_class_activation_maps(backbone):
    network = model(backbone).eval()
    torch.nn.init.normal_(network.net.get_classifier().weight, generator=torch.Generator().manual_seed(0))
    images, targets, _ = batch(3)
    pooled = next(m for m in network.net.modules() if type(m).__name__ == "SelectAdaptivePool2d")
    seen = []
    handle = pooled.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach().numpy()))
    network(images)
    handle.remove()
    weights = network.net.get_classifier().weight.detach().flatten(1).numpy()
    ours = class_maps(network, images, targets.argmax(1))
    for features, label, actual in zip(seen[0], targets.argmax(1).tolist(), ours, strict=True):
        large = bilinear(np.einsum("c,chw->hw", weights[label], features.clip(0)), 8, 8)
        expected = (large - large.min()) / (large - large.min()).sum()
        np.testing.assert_allclose(actual, expected, atol=1e-5)
    torch.testing.assert_close(ours.sum((1, 2)), torch.ones(3))


def test_a_flat_map_counts_every_pixel_alike():
    assert torch.equal(normalised(torch.full((1, 2, 2), 3.0), torch.Size((4, 8))), torch.full((1, 4, 8), 1 / 32))


def test_model_is_as_after_one_plain_forward():
    network = model().train()
    network.net.layer1.eval()
    modes = {name: module.training for name, module in network.named_modules()}
    plain = copy.deepcopy(network)
    seen = []
    network.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    images, targets, context = batch()
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    class_maps(network, images, targets.argmax(1))
    assert all(torch.equal(buffers[name], buffer) for name, buffer in network.named_buffers())
    loss = SnapMix().loss(network, cross_entropy, images, targets, np.random.default_rng(1), context)
    assert len(seen) == 1
    assert not torch.equal(seen[0], images)
    plain(seen[0])
    expected = dict(plain.named_buffers())
    assert all(torch.equal(expected[name], buffer) for name, buffer in network.named_buffers())
    assert {name: module.training for name, module in network.named_modules()} == modes
    loss.backward()
    assert network.net.get_classifier().weight.grad.abs().sum() > 0


def test_modes_come_back_after_an_error():
    network = model().train()
    with pytest.raises(RuntimeError):
        class_maps(network, torch.zeros(2, 7, 8, 8), torch.tensor([0, 1]))
    assert all(module.training for module in network.modules())


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_combines_with_a_criterion_that_is_not_linear(precision):
    whole = augmentation("snapmix+bi_tempered+label_smoothing")
    network, (images, targets, context) = model().train(), batch()
    images, targets = whole.mix(images, targets, np.random.default_rng(0), context)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision is torch.bfloat16):
        loss = whole.loss(network, whole.criterion, images, targets, np.random.default_rng(0), context)
    loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_probability_zero_is_plain_and_seeds_repeat():
    network, (images, targets, context) = model().eval(), batch()
    plain = cross_entropy(network(images), targets)
    off = SnapMix(probability=0.0).loss(network, cross_entropy, images, targets, np.random.default_rng(0), context)
    assert torch.equal(off, plain)
    losses = [
        float(SnapMix().loss(network, cross_entropy, images, targets, np.random.default_rng(seed), context).detach())
        for seed in (3, 3, 4)
    ]
    assert losses[0] == losses[1] != losses[2]


def test_boxes_have_the_share_that_was_drawn():
    class Fixed:
        def beta(self, a, b):
            assert a == b == 5.0
            return 0.75

        def integers(self, side):
            return side // 2

    assert SnapMix()._box(torch.zeros(1, 1, 20, 12), Fixed()) == (5, 15, 3, 9)


def test_draws_two_boxes_of_their_own():
    rng, images = np.random.default_rng(0), torch.zeros(1, 1, 50, 50)
    pairs = [(SnapMix()._box(images, rng), SnapMix()._box(images, rng)) for _ in range(20)]
    assert all(into != source for into, source in pairs)


def test_refuses_a_map_of_one_point_and_a_second_partner():
    network = model()
    SnapMix().prepare(network)
    network.size = (1, 2, 2)
    with pytest.raises(MixBenchError, match="larger than 1x1"):
        SnapMix().prepare(network)
    assert all(module.training for module in network.modules())
    with pytest.raises(MixBenchError, match="mixing partner"):
        augmentation("snapmix+cutmix")


def test_runs_on_fake_cuda():
    with FakeTensorMode(allow_non_fake_inputs=True):
        images, targets = torch.rand(4, 3, 8, 8, device="cuda"), torch.rand(4, 3, device="cuda")
        maps = torch.rand(4, 8, 8, device="cuda")
        mixed, weights = SnapMix().mix_by_maps(images, targets, maps, np.random.default_rng(0))
    assert mixed.device.type == weights.device.type == "cuda"
