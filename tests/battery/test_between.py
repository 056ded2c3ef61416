"""In between training examples: pairs, boxes, misses and gradient norms, by hand where that can be."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mixbench.battery.between import LAMBDAS, draw_pairs, in_between, paste_box
from mixbench.battery.subject import Subject
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError

SHAPES = [(8, 8), (9, 14), (32, 32), (1, 5)]


def test_pairs_are_of_different_classes():
    labels = np.array([0] * 95 + [1] * 3 + [2] * 2)
    pairs = draw_pairs(labels, 400, "some")
    assert pairs.shape == (400, 2)
    assert (labels[pairs[:, 0]] != labels[pairs[:, 1]]).all()


def test_pairs_are_drawn_uniformly_among_the_allowed():
    """Of 4 examples of classes 0, 0, 1, 2 there are 10 ordered pairs; each share is within 7 standard deviations."""
    labels, count = np.array([0, 0, 1, 2]), 20_000
    codes, counts = np.unique(draw_pairs(labels, count, "some") @ [10, 1], return_counts=True)
    assert codes.tolist() == [2, 3, 12, 13, 20, 21, 23, 30, 31, 32]
    assert np.abs(counts - count / 10).max() < 7 * np.sqrt(count * 0.1 * 0.9)


def test_pairs_depend_on_the_data_alone():
    labels = np.arange(50) % 5
    assert np.array_equal(draw_pairs(labels, 30, "a"), draw_pairs(labels, 30, "a"))
    assert not np.array_equal(draw_pairs(labels, 30, "a"), draw_pairs(labels, 30, "b"))


def test_one_class_has_no_pairs():
    with pytest.raises(MixBenchError, match="needed at least two classes"):
        draw_pairs(np.full(10, 3), 5, "some")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lam", LAMBDAS.tolist())
def test_a_box_is_one_whole_rectangle_of_the_real_share(shape, lam):
    n = 64
    corners = np.random.default_rng(0).random((n, 2))
    corners[0], corners[1] = 0.0, np.nextafter(1.0, 0.0)
    mixed, real = paste_box(torch.zeros(n, 2, *shape), torch.ones(n, 2, *shape), lam, corners)
    sides = np.array(shape)
    expected = np.round(sides * np.sqrt(1 - lam)).astype(int)
    assert real == pytest.approx(1 - expected.prod() / sides.prod())
    np.testing.assert_allclose(1 - mixed.mean(dim=(1, 2, 3)).numpy(), real, atol=1e-6)
    assert set(mixed.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(mixed[:, 0], mixed[:, 1])
    for image in mixed[:, 0] if expected.prod() else ():
        rows, columns = image.amax(1).nonzero().flatten(), image.amax(0).nonzero().flatten()
        assert (len(rows), len(columns)) == tuple(expected)
        assert image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].min() == 1


def test_boxes_reach_every_border_and_their_corners_are_uniform():
    """A box of 4×4 in 8×8 has 5×5 places; each is within 7 standard deviations of its share."""
    n = 20_000
    corners = np.random.default_rng(0).random((n, 2))
    mixed, _ = paste_box(torch.zeros(n, 1, 8, 8), torch.ones(n, 1, 8, 8), 0.75, corners)
    places, counts = mixed[:, 0].flatten(1).argmax(1).unique(return_counts=True)
    assert places.tolist() == [8 * row + column for row in range(5) for column in range(5)]
    assert float((counts - n / 25).abs().max()) < 7 * np.sqrt(n * 0.04 * 0.96)


@pytest.mark.parametrize(("lam", "which"), [(0.0, 1), (1.0, 0)])
def test_the_ends_are_the_parents(lam, which):
    pair = torch.rand(2, 5, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    mixed, real = paste_box(pair[0], pair[1], lam, np.random.default_rng(0).random((5, 2)))
    assert torch.equal(mixed, pair[which])
    assert real == lam


class Linear(nn.Module):
    """z = W x in float64; ∂CE/∂x = Wᵀ(softmax(z) − target)."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = weight.double()

    def forward(self, images: Tensor) -> Tensor:
        return images.double().flatten(1) @ self.weight.T


@pytest.fixture(scope="module")
def train() -> Split:
    generator = torch.Generator().manual_seed(3)
    return Split(torch.randint(256, (40, 2, 6, 6), generator=generator, dtype=torch.uint8), torch.arange(40) % 4)


@pytest.fixture(scope="module")
def weight() -> Tensor:
    return torch.randn(4, 72, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


@pytest.fixture(scope="module")
def outcomes(train, weight) -> dict[str, np.ndarray]:
    return in_between(Subject(Linear(weight)), train, 600, "some", "cpu")


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max())
    return e / e.sum()


def test_gradient_norm_is_the_linear_models(outcomes, train, weight):
    images, w = train.images.double().flatten(1).numpy() / 255, weight.numpy()
    for p in range(0, 600, 37):
        i, j = outcomes["between.pairs"][p]
        for column, lam in enumerate(LAMBDAS):
            target = lam * np.eye(4)[train.labels[i]] + (1 - lam) * np.eye(4)[train.labels[j]]
            blend = lam * images[i] + (1 - lam) * images[j]
            expected = np.linalg.norm(w.T @ (softmax(w @ blend) - target))
            assert outcomes["between.gradient_norm"][p, column] == pytest.approx(expected, rel=1e-4)


def test_mixup_misses_are_the_linear_models(outcomes, train, weight):
    images, labels = train.images.double().flatten(1).numpy() / 255, train.labels.numpy()
    for p, (i, j) in enumerate(outcomes["between.pairs"]):
        logits = weight.numpy() @ np.stack([lam * images[i] + (1 - lam) * images[j] for lam in LAMBDAS], axis=1)
        expected = [place not in (labels[i], labels[j]) for place in logits.argmax(0)]
        assert outcomes["between.miss_mixup"][p].tolist() == expected
    assert 0 < outcomes["between.miss_mixup"].mean() < 1


def test_cutmix_and_mixup_meet_at_the_ends(outcomes):
    for column in (0, -1):
        assert np.array_equal(outcomes["between.miss_cutmix"][:, column], outcomes["between.miss_mixup"][:, column])
    assert not np.array_equal(outcomes["between.miss_cutmix"], outcomes["between.miss_mixup"])


def test_shapes_axes_and_the_real_share(outcomes):
    assert {outcomes[f"between.{name}"].shape for name in ("miss_mixup", "miss_cutmix", "gradient_norm")} == {(600, 11)}
    assert outcomes["between.lambda"].tolist() == [i / 10 for i in range(11)]
    side = np.round(6 * np.sqrt(1 - LAMBDAS))
    np.testing.assert_allclose(outcomes["between.cutmix_lambda"], np.tile(1 - side**2 / 36, (600, 1)))


class MeanIsClass(nn.Module):
    """Predicts the class nearest to 3 × the mean pixel, by which black is class 0 and white class 3."""

    def forward(self, images: Tensor) -> Tensor:
        return -(3 * images.mean(dim=(1, 2, 3))[:, None] - torch.arange(4.0)).abs()


def test_misses_by_hand():
    """Black and white parents: the mean is λ or 1−λ, so 0.2 to 0.8 (3 × mean nearer to 1 or 2) is a miss."""
    images = torch.tensor([0, 255], dtype=torch.uint8)[:, None, None, None].expand(2, 1, 20, 20)
    outcomes = in_between(Subject(MeanIsClass()), Split(images, torch.tensor([0, 3])), 10, "some", "cpu")
    expected = [False] * 2 + [True] * 7 + [False] * 2
    assert outcomes["between.miss_mixup"].tolist() == [expected] * 10
    for pair, shares, missed in zip(
        outcomes["between.pairs"], outcomes["between.cutmix_lambda"], outcomes["between.miss_cutmix"], strict=True
    ):
        mean = shares if pair[0] == 1 else 1 - shares
        assert missed.tolist() == [0.5 < 3 * share < 2.5 for share in mean]
