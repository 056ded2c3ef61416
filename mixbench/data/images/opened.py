"""What is kept on disk of image files, opened: decoded images, or lists of those that stream."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from mixbench.data.images.decode import Size
from mixbench.data.images.listed import Listed
from mixbench.data.residence import PARTS, kept_sizes
from mixbench.data.split import Split
from mixbench.spec.sections.data import Data

MANIFEST = "manifest.json"
TRUSTED_BYTES = 2**31
"""Images from this size on are not read again only to compare them with a checksum, unless their file was touched."""


@dataclass(frozen=True)
class Kept:
    """Both splits; by split, the names of what was skipped as corrupt, and notes on what repeats."""

    train: Split
    test: Split
    skipped: dict[str, list[str]]
    notes: list[str]


@dataclass(frozen=True)
class Place:
    """A folder of what is kept; the root of the files that are listed there, and which splits are."""

    folder: Path
    root: Path | None
    streamed: tuple[str, ...]


def opened(data: Data, place: Place) -> Kept | None:
    """Open what is kept, or nothing where it is not whole."""
    try:
        about = json.loads((place.folder / MANIFEST).read_text())
        splits = splits_in(data, place)
        # A file that was touched since is read again and compared with the suite's checksum by whoever loads it.
        trusted = about["sha256"] if about["files"] == seen(place) else None
        skipped, notes = about["skipped"], about["notes"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError):
        return None
    if any(not isinstance(each.images, torch.Tensor) or each.images.nbytes > TRUSTED_BYTES for each in splits):
        splits = [replace(split, sha256=trusted) for split in splits]
    return Kept(*splits, skipped=skipped, notes=notes)


def splits_in(data: Data, place: Place) -> list[Split]:
    """Return both splits; ValueError, OSError and the like where they are not whole."""
    return [_split(data, place, part) for part in PARTS]


def _split(data: Data, place: Place, part: str) -> Split:
    labels = torch.from_numpy(np.load(place.folder / f"{part}.labels.npy", allow_pickle=False))
    kept, size = kept_sizes(data)[part], (data.height, data.width)
    images = _listed(data, place, part, len(labels)) if part in place.streamed else _array(place, part)
    if images.dtype != torch.uint8 or tuple(images.shape) != (len(labels), data.channels, *kept):
        raise ValueError(f"{part} is not whole")
    return Split(images, labels, size=None if kept == size else size)


def _array(place: Place, part: str) -> torch.Tensor:
    return torch.from_numpy(np.load(place.folder / f"{part}.npy", allow_pickle=False))


def _listed(data: Data, place: Place, part: str, count: int) -> Listed:
    path = _file(place, part)
    assert place.root is not None
    if len(np.load(path, mmap_mode="r", allow_pickle=False)) != count:
        raise ValueError(f"{part} is not whole")
    whole = data.whole and part == "train"
    return Listed(data.name, place.root, path, count, data.channels, cover(data), kept_sizes(data)[part], whole)


def _file(place: Place, part: str) -> Path:
    return place.folder / (f"{part}.listing.npy" if part in place.streamed else f"{part}.npy")


def seen(place: Place) -> dict[str, list[int]]:
    """Return the files' sizes and dates, by which one that was touched is known."""
    stats = {part: _file(place, part).stat() for part in PARTS}
    return {part: [stat.st_size, stat.st_mtime_ns] for part, stat in stats.items()}


def cover(data: Data) -> Size:
    """Return the size that pictures are resized to cover before they are cut."""
    return (data.stored[0], data.stored[1]) if data.stored else (data.height, data.width)
