"""Which emoji are one base emoji, and a split that keeps them together."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, UInt8
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

TONES = {f"1F3F{digit}" for digit in "BCDEF"}
JOINER, SELECTOR, RIGHT = "200D", "FE0F", "27A1"
SIGNS = {"2640", "2642"}
"""Of women and of men."""

PERSON, CHILD = "1F9D1", "1F9D2"
PEOPLE = {"1F468": PERSON, "1F469": PERSON, "1F466": CHILD, "1F467": CHILD}


def base(code: str) -> str:
    """Return an emoji's code points without skin tone, gender, direction, joiner and selector."""
    points = code.split("-")
    kept = [PEOPLE.get(each, each) for each in points if each not in {*TONES, *SIGNS, JOINER, SELECTOR, RIGHT}]
    return "-".join(kept or points)


def split(
    codes: Sequence[str], labels: Int[np.ndarray, " n"], images: UInt8[np.ndarray, "n c h w"], fraction: float
) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " test"]]:
    """Return the places of train and test: `fraction` of each class's pictures for the test, by whole families.

    A family is a base emoji with all that have its pixels or share them with another base; of equal pixels the first
    stays. Families are drawn by the SHA-256 of their names, and places come in that order of their codes, so that
    nothing but the emoji decides.
    """
    first = _first_of_each(images)
    families = _families(codes, images)
    for_test: set[str] = set()
    for label in np.unique(labels):
        own = Counter(families[place] for place in first if labels[place] == label)
        wanted = round(fraction * own.total())
        for family in sorted(own, key=_drawn):
            if wanted > 0:
                for_test.add(family)
                wanted -= own[family]
    order = sorted(first, key=lambda place: _drawn(codes[place]))
    test = [place for place in order if families[place] in for_test]
    train = [place for place in order if families[place] not in for_test]
    return np.array(train, dtype=np.int64), np.array(test, dtype=np.int64)


def _first_of_each(images: UInt8[np.ndarray, "n c h w"]) -> list[int]:
    first: dict[bytes, int] = {}
    for place, image in enumerate(images):
        first.setdefault(image.tobytes(), place)
    return list(first.values())


def _families(codes: Sequence[str], images: UInt8[np.ndarray, "n c h w"]) -> list[str]:
    """The least base of each emoji's family."""
    bases, of_base = np.unique([base(code) for code in codes], return_inverse=True)
    _, of_pixels = np.unique([image.tobytes().hex() for image in images], return_inverse=True)
    count = len(bases) + int(of_pixels.max()) + 1
    edges = coo_array((np.ones(len(codes)), (of_base, len(bases) + of_pixels)), shape=(count, count))
    _, member = connected_components(edges, directed=False)
    least: dict[int, str] = {}
    for place, name in enumerate(bases):
        least.setdefault(int(member[place]), str(name))
    return [least[int(member[place])] for place in of_base]


def _drawn(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
