"""Digits among pieces of others: where they lie, which pixels they have, and which split they come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mixbench.data.load import known_boxes, load
from mixbench.data.loaders import clutter
from mixbench.data.loaders.clutter import CANVAS, SIDES, resized
from mixbench.data.split import Split, held
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite

SECTION = load_suite("clutter").data


@pytest.fixture(scope="module")
def whole() -> tuple[np.ndarray, np.ndarray]:
    """Every test picture, and the box of its digit."""
    return held(load(SECTION).test)[:, 0].numpy(), known_boxes(SECTION)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The test pictures without pieces."""
    monkeypatch.setattr(clutter, "PIECES", 0)
    _, test = clutter.clutter(SECTION)
    return held(test)[:, 0].numpy()


def test_a_box_is_tight_around_the_digits_pixels(bare: np.ndarray) -> None:
    for picture, (left, top, right, bottom) in zip(bare, known_boxes(SECTION), strict=True):
        rows, columns = np.nonzero(picture)
        assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (left, top, right, bottom)


def test_pieces_lie_behind_the_digit_and_move_nothing(whole: tuple[np.ndarray, np.ndarray], bare: np.ndarray) -> None:
    pictures, _ = whole

    assert (pictures >= bare).all()
    assert (pictures > bare).any(axis=(1, 2)).mean() > 0.99


def test_places_and_sizes_are_drawn_over_the_whole_canvas(whole: tuple[np.ndarray, np.ndarray]) -> None:
    _, boxes = whole
    left, top, right, bottom = boxes.T

    assert boxes.min() >= 0
    assert boxes.max() <= CANVAS
    assert (top.min(), bottom.max()) == (0, CANVAS)
    assert (left.min() <= 2, right.max() >= CANVAS - 2) == (True, True)
    # A digit is 8 of its 8 pixels high, so that its height is the side that was drawn, uniform between the two ends.
    heights = bottom - top
    assert heights.max() <= SIDES[1]
    assert abs(heights.mean() - np.mean(SIDES)) < 0.7


@pytest.mark.parametrize("side", [3, 8, 13, 20])
def test_resizing_is_torchs_bilinear(side: int) -> None:
    digit = np.random.default_rng(side).integers(0, 17, (8, 8)).astype(np.uint8)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(digit).double()[None, None] * 255 / 16, (side, side), mode="bilinear"
    )[0, 0].numpy()

    assert np.abs(resized(digit, side) - theirs).max() <= 0.5 + 1e-9


def test_no_test_digit_is_seen_in_training_not_even_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = Split(torch.zeros(5, 1, 8, 8, dtype=torch.uint8), torch.arange(5))
    full = Split(torch.full((5, 1, 8, 8), 16, dtype=torch.uint8), torch.arange(5))
    monkeypatch.setattr(clutter, "digits", lambda _: (blank, full))
    train, test = clutter.clutter(SECTION)

    assert not held(train).any()
    # Pieces come from the training digits here too: beside its own box a test picture is as blank as they are.
    for picture, (left, top, right, bottom) in zip(held(test)[:, 0], clutter.boxes(SECTION), strict=True):
        assert bool((picture[top:bottom, left:right] == 255).all())
        assert int((picture > 0).sum()) == (bottom - top) * (right - left)


def test_a_training_digit_has_no_piece_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = torch.arange(1, 6, dtype=torch.uint8)
    flat = Split(levels[:, None, None, None].expand(5, 1, 8, 8).clone(), torch.arange(5))
    monkeypatch.setattr(clutter, "digits", lambda _: (flat, flat))
    pool, seen = held(flat)[:, 0].numpy(), set()
    for own in range(5):
        canvas = clutter._cluttered(pool, own, np.random.default_rng(own))
        seen |= {own} if (canvas == round(255 * (own + 1) / 16)).any() else set()

    assert not seen


def test_every_training_digit_is_there_twice_and_each_label_is_its_digits() -> None:
    source = load(load_suite("digits").data)
    data = load(SECTION)

    assert torch.equal(data.train.labels, source.train.labels.repeat(2))
    assert torch.equal(data.test.labels, source.test.labels)
    assert not torch.equal(held(data.train)[:1437], held(data.train)[1437:])


def test_other_data_have_no_boxes() -> None:
    with pytest.raises(MixBenchError, match=r"data digits: needed the box of each test image's item.*use clutter"):
        known_boxes(load_suite("digits").data)
