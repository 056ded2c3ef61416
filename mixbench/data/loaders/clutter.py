"""scikit-learn's digits, each at a drawn place and size on a larger canvas, over pieces cut from other training digits.

Where a digit lies is known, so that what a classifier finds without having been told can be held against it.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Int, UInt8

from mixbench.data.loaders.digits import WHITE, digits
from mixbench.data.loaders.loader import Boxes, Loader, of_shape, published
from mixbench.data.split import Split, held
from mixbench.spec.sections.data import Data
from mixbench.spec.seeding import SUITE_SEED, stream

NAME = "clutter"
CANVAS = 28
SIDES = (10, 20)
"""Pixels of the square of 8×8 that a digit is resized to, least and most."""
PIECES, CUT, PIECE_SIDES = 6, (2, 4), (3, 8)
"""Pieces a picture; pixels of a digit that each is cut as; pixels that it is resized to."""
COPIES = 2
"""Pictures of every training digit, each placed anew; every test digit has one."""

TRAIN, TEST = "train", "test"

Picture = UInt8[np.ndarray, "h w"]


def clutter(data: Data) -> tuple[Split, Split]:
    """Return pictures (N, 1, 28, 28), labelled by their whole digit; `digits` has the split.

    A picture of either split has pieces of training digits alone, none of them its own. MixBenchError as digits.
    """
    train, test = digits(data)
    return _split(train, TRAIN, train, COPIES), _split(test, TEST, train, 1)


def boxes(data: Data) -> Boxes:
    """Return the tight box (N, 4) of every test digit: left, top, right and bottom, the last two just outside of it."""
    _, test = digits(data)
    found = []
    for place, digit in enumerate(_digits(test)):
        ink, left, top = _placed(digit, TEST, place)
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        found.append([left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1])
    return np.array(found, dtype=np.int64)


def _split(part: Split, name: str, pool: Split, copies: int) -> Split:
    own, pieces = _digits(part), _digits(pool)
    pictures = [_picture(own, name, place, pieces) for place in range(copies * len(own))]
    return Split(torch.from_numpy(np.stack(pictures)[:, None]), part.labels.repeat(copies))


def _digits(part: Split) -> UInt8[np.ndarray, "n 8 8"]:
    return held(part)[:, 0].numpy()


def _picture(own: UInt8[np.ndarray, "n 8 8"], name: str, place: int, pool: UInt8[np.ndarray, "m 8 8"]) -> Picture:
    index = place % len(own)
    canvas = _cluttered(pool, index if name == TRAIN else len(pool), stream(SUITE_SEED, NAME, name, place, "pieces"))
    ink, left, top = _placed(own[index], name, place)
    _lay(canvas, ink, left, top)
    return canvas


def _cluttered(pool: UInt8[np.ndarray, "m 8 8"], own: int, rng: np.random.Generator) -> Picture:
    """Pieces of every digit of the pool but that at the place `own`."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    others = np.flatnonzero(np.arange(len(pool)) != own)
    for _ in range(PIECES):
        digit = pool[rng.choice(others)]
        cut, side = (int(rng.integers(*_span(each))) for each in (CUT, PIECE_SIDES))
        y, x = rng.integers(0, 8 - cut + 1, 2)
        left, top = rng.integers(0, CANVAS - side + 1, 2).tolist()
        _lay(canvas, resized(digit[y : y + cut, x : x + cut], side), left, top)
    return canvas


def _placed(digit: UInt8[np.ndarray, "8 8"], name: str, place: int) -> tuple[Picture, int, int]:
    """A digit as large as was drawn, and the left and top pixel of its square."""
    rng = stream(SUITE_SEED, NAME, name, place, "digit")
    side = int(rng.integers(*_span(SIDES)))
    left, top = rng.integers(0, CANVAS - side + 1, 2).tolist()
    return resized(digit, side), left, top


def _span(ends: tuple[int, int]) -> tuple[int, int]:
    return ends[0], ends[1] + 1


def _lay(canvas: Picture, picture: UInt8[np.ndarray, "s s"], left: int, top: int) -> None:
    """The brighter pixel stays, so that neither has a frame."""
    window = canvas[top : top + len(picture), left : left + len(picture)]
    np.maximum(window, picture, out=window)


def resized(digit: Picture, side: int) -> UInt8[np.ndarray, "side side"]:
    """Resize a square of levels up to WHITE to side × side bytes, bilinear as torch's, in whole numbers."""
    weights = _weights(len(digit), side)
    total = WHITE * (2 * side) ** 2
    return ((255 * (weights @ digit.astype(np.int64) @ weights.T) + total // 2) // total).astype(np.uint8)


def _weights(size: int, side: int) -> Int[np.ndarray, "side size"]:
    """What each pixel takes of each old one, in shares of 2 · side; beyond the outermost centres theirs alone."""
    centre = np.clip((2 * np.arange(side) + 1) * size - side, 0, 2 * side * (size - 1))
    low, share = np.divmod(centre, 2 * side)
    weights = np.zeros((side, size), dtype=np.int64)
    np.add.at(weights, (np.arange(side), low), 2 * side - share)
    np.add.at(weights, (np.arange(side), np.minimum(low + 1, size - 1)), share)
    return weights


LOADER = Loader(NAME, published(clutter), of_shape(channels=1, height=CANVAS, width=CANVAS), boxes=boxes)
