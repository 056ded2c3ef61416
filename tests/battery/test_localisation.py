"""Class activation maps by hand, on a network whose map is known; boxes and overlaps by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from mixbench.battery.localisation import activation_maps, boxes_of, localise
from mixbench.data.load import known_boxes, load
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.model import Model
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import Classifier, build

SECTION = load_suite("clutter").data.model_copy(update={"mean": [0.0], "std": [1.0], "classes": 2})


class Toy(nn.Module):
    """Two maps: the image's blocks of 4×4 and their negative; the first class is seen where it is bright."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 2)
        self.head.load_state_dict({"weight": torch.tensor([[3.0, 1.0], [-1.0, 1.0]]), "bias": torch.tensor([5.0, 0.0])})

    def forward_features(self, images: torch.Tensor) -> torch.Tensor:
        blocks = nn.functional.avg_pool2d(images, 4)
        return torch.cat([blocks, -blocks], dim=1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.forward_features(images).mean((2, 3)))

    def get_classifier(self) -> nn.Module:
        return self.head


def toy() -> Classifier:
    return Classifier(Toy(), SECTION).eval()


def planted(left: int, top: int, right: int, bottom: int) -> torch.Tensor:
    image = torch.zeros(1, 1, 28, 28)
    image[..., top:bottom, left:right] = 1.0
    return image


def test_a_map_is_the_weighted_sum_of_the_last_maps_scaled() -> None:
    image = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    blocks = image.double().numpy()[0, 0].reshape(7, 4, 7, 4).mean((1, 3))
    # 3 · blocks + 1 · (−blocks), then each pixel by its two nearest block centres either way.
    centres = (np.arange(28) + 0.5) / 4 - 0.5
    low = np.clip(np.floor(centres).astype(int), 0, 6)
    high, share = np.minimum(low + 1, 6), np.clip(centres - low, 0, 1)
    rows = (1 - share)[:, None] * (2 * blocks)[low] + share[:, None] * (2 * blocks)[high]
    grid = (1 - share) * rows[:, low] + share * rows[:, high]
    expected = (grid - grid.min()) / (grid.max() - grid.min())

    found = activation_maps(toy(), image, torch.tensor([0]))
    other = activation_maps(toy(), image, torch.tensor([1]))

    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(other[0].numpy(), 1 - expected, atol=1e-5)


def test_a_planted_item_is_found_and_its_overlap_counted() -> None:
    places = [(4, 8, 20, 24), (0, 0, 12, 12)]
    images = torch.cat([planted(*place) for place in places])
    known = np.array([places[0], (0, 0, 28, 28)])

    found = localise(toy(), Split(images, torch.tensor([0, 0]), white=1), known)

    # A fifth of the largest is reached one pixel beyond a block's edge, where a bilinear map has 3/8, and then 1/8.
    assert found["box"].tolist() == [[3, 7, 21, 25], [0, 0, 13, 13]]
    assert found["overlap"] == pytest.approx([16 * 16 / (18 * 18), 13 * 13 / 28**2])
    assert (found["label"].tolist(), found["predicted"].tolist()) == ([0, 0], [0, 0])


def test_the_largest_part_counts_and_a_corner_does_not_join() -> None:
    maps = np.zeros((2, 6, 6))
    maps[0, 0, 0:2], maps[0, 1, 2], maps[0, 3:6, 4:6] = 1.0, 1.0, 0.2
    maps[1, 2, 1:4], maps[1, 5, :] = 1.0, 0.19

    assert boxes_of(maps).tolist() == [[4, 3, 6, 6], [1, 2, 4, 3]]


def test_a_constant_map_is_the_whole_image() -> None:
    blank = torch.zeros(1, 1, 28, 28)

    assert boxes_of(activation_maps(toy(), blank, torch.tensor([0])).numpy()).tolist() == [[0, 0, 28, 28]]


@pytest.mark.parametrize("backbone", ["test_resnet", "resnetv2_18", "densenet121", "test_efficientnet"])
def test_backbones_with_a_mean_and_a_linear_head_have_maps(backbone: str) -> None:
    model = build(backbone, SECTION).eval()
    images = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(2))

    with torch.no_grad():
        maps = activation_maps(model, images, torch.tensor([0, 1]))

    assert maps.shape == (2, 28, 28)
    assert (maps.min(), maps.max()) == (0, 1)


@pytest.mark.parametrize("backbone", ["test_vit", "test_convnext", "vgg11"])
def test_others_are_refused_in_one_line(backbone: str) -> None:
    model = build(backbone, SECTION, Model()).eval()
    images = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(3))

    with pytest.raises(MixBenchError, match="needed a backbone whose logits are linear in the mean") as error:
        activation_maps(model, images, torch.tensor([0, 1]))
    assert "\n" not in str(error.value)


def test_the_brightest_parts_of_real_pictures_beat_chance_and_not_by_the_boxes() -> None:
    """Without the known boxes nothing is found: another picture's boxes overlap less."""
    section = load_suite("clutter").data
    test, boxes = load(section).test.first(100), known_boxes(section)[:100]

    own = localise(toy(), test.with_labels(torch.zeros(100, dtype=torch.int64)), boxes)
    others = localise(toy(), test.with_labels(torch.zeros(100, dtype=torch.int64)), np.roll(boxes, 1, axis=0))

    assert own["overlap"].mean() > others["overlap"].mean()
