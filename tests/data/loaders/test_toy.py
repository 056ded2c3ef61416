"""The generated points: who lies where, and which labels are wrong."""

import numpy as np
import pytest

from mixbench.data.load import LOADERS
from mixbench.data.loaders.loader import Loaded
from mixbench.spec.suite import load_suite

SECTION = load_suite("toy").data
RADIUS = np.sqrt(2 / np.pi)


def made(name: str) -> Loaded:
    return LOADERS[name].load(SECTION)


def points(part) -> tuple[np.ndarray, np.ndarray]:
    return part.images.flatten(1).numpy().astype(float), part.labels.numpy()


def test_the_disc_is_half_of_a_uniform_square():
    loaded = made("toy")
    for part in loaded[:2]:
        x, y = points(part)
        np.testing.assert_array_equal(y, np.hypot(*x.T) < RADIUS)
        assert abs(y.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(y))
        # Each coordinate is uniform on [−1, 1]: Kolmogorov's distance at about one in ten thousand.
        for values in x.T:
            ranks = np.arange(1, len(values) + 1) / len(values)
            assert np.abs((np.sort(values) + 1) / 2 - ranks).max() < 2.2 / np.sqrt(len(values))


@pytest.mark.parametrize("name", ["toy-small-margin", "toy-large-margin", "toy-random"])
def test_a_fifth_of_the_training_labels_is_wrong_where_the_name_says(name):
    (x, right), (same, given) = points(made("toy").train), points(made(name).train)
    np.testing.assert_array_equal(x, same)
    np.testing.assert_array_equal(points(made("toy").test)[1], points(made(name).test)[1])
    wrong = given != right
    assert wrong.sum() == 100
    nearest = np.argsort(np.argsort(np.abs(np.hypot(*x.T) - RADIUS)))
    low, high = {"toy-small-margin": (0, 200), "toy-large-margin": (300, 500), "toy-random": (0, 500)}[name]
    assert low <= nearest[wrong].min() <= nearest[wrong].max() < high
    # Uniform there: the mean place within four standard errors of the middle.
    spread = (high - low) / np.sqrt(12 * wrong.sum())
    assert abs(nearest[wrong].mean() - (low + high) / 2) < 4 * spread


def test_the_rings_are_concentric_and_apart():
    for part in made("toy-rings")[:2]:
        x, y = points(part)
        radius, angle = np.hypot(*x.T), np.arctan2(*x.T)
        assert (radius[y == 0] <= 0.5).all()
        assert ((radius[y == 1] >= 0.75) & (radius[y == 1] <= 1)).all()
        assert abs(y.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(y))
        assert np.abs(np.exp(1j * angle).mean()) < 4 / np.sqrt(len(y))
        assert abs(radius[y == 0].mean() - 0.25) < 4 * 0.5 / np.sqrt(12 * (y == 0).sum())


def test_every_copy_is_the_same_and_another_set_is_another():
    first, again = made("toy-random").train, made("toy-random").train
    assert first.images.equal(again.images)
    assert first.labels.equal(again.labels)
    assert not first.images.equal(made("toy-rings").train.images)
