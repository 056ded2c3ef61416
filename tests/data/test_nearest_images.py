"""Nearest training images against scikit-learn's NearestNeighbors."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from mixbench.data import neighbours
from mixbench.data.load import load
from mixbench.data.split import Split
from mixbench.spec.suite import load_suite

COUNT = 50


@pytest.fixture(scope="module")
def train() -> Split:
    return load(load_suite("digits").data).train


def distances_of(pixels: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.sqrt(((pixels[:, None] - pixels[places]) ** 2).sum(axis=2))


def test_distances_are_scikit_learns_with_the_image_itself_excluded(train, monkeypatch):
    monkeypatch.setattr(neighbours, "CHUNK", 500)
    pixels = train.pixels().flatten(1).double().numpy()
    found = neighbours.nearest(train, COUNT, same_class=False).numpy()
    assert found.shape == (len(train), COUNT)
    assert not (found == np.arange(len(train))[:, None]).any()
    assert all(len(set(row)) == COUNT for row in found.tolist())
    expected, _ = NearestNeighbors(n_neighbors=COUNT).fit(pixels).kneighbors()
    np.testing.assert_allclose(distances_of(pixels, found), expected, atol=2e-3)


def test_within_classes_only_the_own_class_is_asked(train):
    pixels, labels = train.pixels().flatten(1).double().numpy(), train.labels.numpy()
    found = neighbours.nearest(train, 200, same_class=True).numpy()
    for label in range(10):
        members = np.flatnonzero(labels == label)
        places = min(200, len(members) - 1)
        rows = found[members]
        assert (rows[:, places:] == -1).all()
        assert (labels[rows[:, :places]] == label).all()
        assert not (rows == members[:, None]).any()
        expected, _ = NearestNeighbors(n_neighbors=places).fit(pixels[members]).kneighbors()
        found_distances = np.sqrt(((pixels[members][:, None] - pixels[rows[:, :places]]) ** 2).sum(axis=2))
        np.testing.assert_allclose(found_distances, expected, atol=2e-3)


def test_identical_images_are_each_others_neighbours_and_never_their_own():
    images = torch.tensor([0, 0, 255, 255, 9], dtype=torch.uint8).reshape(5, 1, 1, 1)
    found = neighbours.nearest(Split(images, torch.tensor([0, 0, 1, 1, 2])), 1, same_class=False)
    assert found.flatten().tolist()[:4] == [1, 0, 3, 2]


def test_a_small_set_fills_up_with_minus_one():
    split = Split(torch.arange(4, dtype=torch.uint8).reshape(4, 1, 1, 1), torch.tensor([0, 0, 0, 1]))
    assert neighbours.nearest(split, 200, same_class=False).shape == (4, 3)
    found = neighbours.nearest(split, 200, same_class=True)
    assert found[3].tolist() == [-1, -1, -1]
    assert found[0].tolist() == [1, 2, -1]
