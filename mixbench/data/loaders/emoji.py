"""Emoji as three hands draw them: the same base emoji, classes and split, 32×32 on grey, from packages of npm."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import UInt8

from mixbench.data.emoji_families import split
from mixbench.data.files.checks import check_bytes, check_names
from mixbench.data.files.npm import Package, package_folder
from mixbench.data.images.decode import Unreadable
from mixbench.data.images.flat import drawn, on_grey, see_through
from mixbench.data.loaders.loader import Loaded, Loader, of_shape
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data

CLASSES = {
    "Smileys & Emotion": "smileys", "People & Body": "people", "Animals & Nature": "animals", "Food & Drink": "food",
    "Travel & Places": "travel", "Activities": "activities", "Objects": "objects", "Symbols": "symbols",
    "Flags": "flags",
}  # fmt: skip
"""Unicode's groups; skin tones, its Component, are no class."""

CODE = re.compile("[0-9A-F]{2,6}(-[0-9A-F]{2,6})*")
SELECTOR = "-FE0F"
"""What some hands leave out of a file's name."""

SIDE = 64
"""Pixels of a picture before it is halved."""

DRAWING = 72
"""Units of one of OpenMoji's drawings."""


class Emoji(NamedTuple):
    """One emoji: its code points in hexadecimal, such as 1F469-200D-1F692, and its label."""

    code: str
    label: int


@dataclass(frozen=True)
class Hand:
    """Whose pictures: the loader's name, the package, the checksum of its pictures one after another, and how to find
    and read the file of one."""

    name: str
    package: Package
    checksum: str
    file: Callable[[Path, str], Path]
    decode: Callable[[bytes], UInt8[np.ndarray, "h w 4"]]


def _png(folder: str) -> Callable[[Path, str], Path]:
    return lambda package, code: package / folder / f"{code.lower()}.png"


def _svg(package: Path, code: str) -> Path:
    whole, short = (package / "color/svg" / f"{name}.svg" for name in (code, code.replace(SELECTOR, "")))
    return whole if whole.is_file() else short


def _drawing(content: bytes) -> UInt8[np.ndarray, "h w 4"]:
    return see_through(drawn(content, SIDE / DRAWING), SIDE)


_picture = partial(see_through, side=SIDE)
GOOGLE = Hand(
    "emoji",
    Package("emoji-datasource-google", "16.0.0"),
    "sha256:7974d2f739d6dcebbb3fbba4abbcb5db62e58f8bc76a3cd4d72c4f44d6c499ba",
    _png("img/google/64"),
    _picture,
)
TWITTER = Hand(
    "emoji-twitter",
    Package("emoji-datasource-twitter", "16.0.0"),
    "sha256:d26b9b03dc2907691b443d39ef9613887a4516939664d12633c2e762fa9a5a78",
    _png("img/twitter/64"),
    _picture,
)
OPENMOJI = Hand(
    "emoji-openmoji",
    Package("openmoji", "16.0.0"),
    "sha256:39116c36c6a14d8a0d7afbd4c25b894ad88548a6df59b00455bdb42f1c11a2b1",
    _svg,
    _drawing,
)
HANDS = (GOOGLE, TWITTER, OPENMOJI)


def emoji(hand: Hand, data: Data) -> Loaded:
    """Return the pictures of a hand: images (N, 3, 32, 32), labels by CLASSES, each base emoji in one split only.

    One picture an emoji, without skin tones; what has an earlier one's pixels in Google's hand is left out. Every hand
    has the same emoji in the same order. Google's Noto Emoji, Twitter's Twemoji, OpenMoji. MixBenchError where a
    package is missing or a picture is damaged or not the published one.
    """
    if data.test_fraction is None:
        raise MixBenchError(f"data {data.name}: needed a test_fraction, got none; add it to the suite's [data]")
    check_names(data, (hand.package.name,))
    known = _emoji(data, _folder(data, GOOGLE))
    google = _pictures(data, GOOGLE, known)
    labels = np.array([each.label for each in known])
    parts = split([each.code for each in known], labels, google, data.test_fraction)
    own = google if hand is GOOGLE else _pictures(data, hand, known)
    train, test = (Split(torch.from_numpy(own[part]), torch.from_numpy(labels[part])) for part in parts)
    return Loaded(train, test, list(CLASSES.values()))


def _folder(data: Data, hand: Hand) -> Path:
    return package_folder(data, hand.package, [each.package for each in HANDS])


def _emoji(data: Data, folder: Path) -> list[Emoji]:
    """Every emoji that has a class, in Unicode's order."""
    try:
        listed = json.loads((folder / "emoji.json").read_text(encoding="utf-8"))
        rows = sorted(listed, key=lambda row: row["sort_order"])
        found = [(str(row["unified"]), CLASSES[row["category"]]) for row in rows if row["category"] in CLASSES]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(data, folder / "emoji.json", f"{type(error).__name__}: {error}") from None
    strange = [code for code, _ in found if not CODE.fullmatch(code)]
    if strange or not found:
        raise _damaged(data, folder / "emoji.json", f"{strange[0]!r} as code points" if strange else "no emoji")
    places = {name: label for label, name in enumerate(CLASSES.values())}
    return [Emoji(code, places[name]) for code, name in found]


def _pictures(data: Data, hand: Hand, known: Sequence[Emoji]) -> UInt8[np.ndarray, "n 3 h w"]:
    folder = _folder(data, hand)
    files = [hand.file(folder, each.code) for each in known]
    contents = [file.read_bytes() for file in files]
    check_bytes(data, hand.package.name, f"the pictures of {folder}", b"".join(contents))
    return np.stack([_flat(data, hand, file, content) for file, content in zip(files, contents, strict=True)])


def _flat(data: Data, hand: Hand, file: Path, content: bytes) -> UInt8[np.ndarray, "3 h w"]:
    try:
        return on_grey(hand.decode(content))
    except Unreadable as error:
        raise _damaged(data, file, str(error)) from None


def _damaged(data: Data, file: Path, got: str) -> MixBenchError:
    return MixBenchError(
        f"data {data.name}: needed {file} as published, got {got}; remove the package and get it again"
    )


def _loader(hand: Hand) -> Loader:
    size = of_shape(channels=3, height=SIDE // 2, width=SIDE // 2)
    return Loader(hand.name, partial(emoji, hand), size, files=lambda: {hand.package.name: hand.checksum})


LOADERS = tuple(map(_loader, HANDS))
