"""Decoded images kept on disk, so that no file is decoded twice, and memory-mapped where they do not fit in memory."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import torch
from filelock import FileLock

from mixbench.data.checksum import checksum
from mixbench.data.files.places import home
from mixbench.data.images.alike import Contents, disagreeing, notes_on, refuse_shared, repeated
from mixbench.data.images.decode import VERSION, Size
from mixbench.data.images.decoding import Pictures, divide, sync, write_labels, write_part
from mixbench.data.split import RESIDENT_BYTES, Split
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.sections import Data

MANIFEST = "manifest.json"
PARTS: tuple[str, ...] = ("train", "test")
LAYOUT = 2
"""Raised when what is kept is checked or laid out in another way."""


@dataclass(frozen=True)
class Source:
    """The files of train and of test, or of one set, of classes of these names, that is split by its content.

    Those of a set as `published` may stand in both.
    """

    parts: tuple[Pictures, ...]
    classes: Sequence[str] = ()
    published: bool = False


@dataclass(frozen=True)
class Kept:
    """Both splits; by split, the names of what was skipped as corrupt, and notes on what repeats."""

    train: Split
    test: Split
    skipped: dict[str, list[str]]
    notes: list[str]


def keep(data: Data, stamp: Any, source: Callable[[], Source]) -> Kept:
    """Return the decoded images of a data set: from disk, or decoded now and put there whole or not at all.

    `stamp` (JSON-able) changes whenever the files do; `source` is asked only where they are decoded. Training images
    are cut to `data.stored`, if any; the rest to height × width. MixBenchError as write_part, for pixels that stand in
    both splits, a full disk and a folder that cannot be written.
    """
    folder = home() / data.name / "decoded"
    key = [LAYOUT, VERSION, PIL.__version__, stamp, data.channels, *sizes(data).values(), data.skip_corrupt]
    place = folder / digest(key)
    kept = _opened(data, place) or _made(data, place, source)
    if kept is None:
        raise MixBenchError(f"data {data.name}: needed decoded images in {place}, got others; delete that folder")
    return kept


def sizes(data: Data) -> dict[str, Size]:
    """Return the height and width that each split is kept at."""
    size = (data.height, data.width)
    return {"train": (data.stored[0], data.stored[1]) if data.stored else size, "test": size}


def mapped(path: Path) -> torch.Tensor:
    """Return a .npy file's array: in memory up to RESIDENT_BYTES, else read from the file as it is used."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.nbytes <= RESIDENT_BYTES:
        return torch.from_numpy(np.array(array))
    with warnings.catch_warnings():
        # A map that could be written would count against the whole machine's memory.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(array)


def _made(data: Data, place: Path, source: Callable[[], Source]) -> Kept | None:
    with _writing(data, place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.parent / ".lock"):
            found = _opened(data, place)
            if found is None:
                _make(data, place, source)
    return found or _opened(data, place)


def _make(data: Data, place: Path, source: Callable[[], Source]) -> None:
    # The lock is held, so whatever is partial was left by a process that was killed.
    for left in place.parent.glob("*.partial"):
        shutil.rmtree(left)
    files = source()
    _check_room(data, place.parent, files)
    partial = place.with_suffix(".partial")
    try:
        partial.mkdir()
        parts = _write(data, partial, files)
        skipped = {part: _corrupt(contents) for part, contents in parts.items()}
        about = {
            "skipped": skipped,
            "notes": [] if files.published else _notes(parts),
            "sha256": checksum(*_splits(data, partial)),
            "files": _seen(partial),
        }
        with (partial / MANIFEST).open("wb") as file:
            file.write(json.dumps(about).encode())
            sync(file)
        shutil.rmtree(place, ignore_errors=True)
        partial.replace(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _tell(data, skipped)


def _write(data: Data, folder: Path, files: Source) -> dict[str, Contents]:
    stored, kept = sizes(data)["train"], sizes(data)
    if len(files.parts) == 1:
        whole = write_part(data, folder, "whole", files.parts[0], stored, stored)
        parts = divide(data, folder, whole, files.classes, kept)
    else:
        both = dict(zip(PARTS, files.parts, strict=True))
        parts = {part: write_part(data, folder, part, both[part], stored, kept[part]) for part in PARTS}
    if not files.published:
        refuse_shared(data, parts["train"], parts["test"])
    for part in PARTS:
        write_labels(data, folder, part, parts[part])
    return parts


def _corrupt(contents: Contents) -> list[str]:
    return [name for name, pixels in zip(contents.names, contents.pixels, strict=True) if pixels is None]


def _notes(parts: dict[str, Contents]) -> list[str]:
    return [note for part in PARTS for note in notes_on(part, repeated(parts[part]), disagreeing(parts[part]))]


def _opened(data: Data, place: Path) -> Kept | None:
    """Open what is kept, or nothing where it is not whole."""
    try:
        about = json.loads((place / MANIFEST).read_text())
        splits = _splits(data, place)
        # A file that was touched since is read again and compared with the suite's checksum by whoever loads it.
        trusted = about["sha256"] if about["files"] == _seen(place) else None
        skipped, notes = about["skipped"], about["notes"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError):
        return None
    if any(split.images.nbytes > RESIDENT_BYTES for split in splits):
        splits = [replace(split, sha256=trusted) for split in splits]
    return Kept(*splits, skipped=skipped, notes=notes)


def _splits(data: Data, folder: Path) -> list[Split]:
    return [_split(data, folder, part) for part in PARTS]


def _split(data: Data, folder: Path, part: str) -> Split:
    images = mapped(folder / f"{part}.npy")
    labels = torch.from_numpy(np.load(folder / f"{part}.labels.npy", allow_pickle=False))
    kept, size = sizes(data)[part], (data.height, data.width)
    if images.dtype != torch.uint8 or images.shape != (len(labels), data.channels, *kept):
        raise ValueError(f"{part} is not whole")
    return Split(images, labels, size=None if kept == size else size)


def _seen(folder: Path) -> dict[str, list[int]]:
    stats = {part: (folder / f"{part}.npy").stat() for part in PARTS}
    return {part: [stat.st_size, stat.st_mtime_ns] for part, stat in stats.items()}


def _check_room(data: Data, folder: Path, files: Source) -> None:
    stored, kept = sizes(data)["train"], sizes(data)
    # One set is written whole, then once more in two.
    places = [stored, stored] if len(files.parts) == 1 else list(kept.values())
    parts = files.parts * 2 if len(files.parts) == 1 else files.parts
    counts = [len(pictures.names) * data.channels for pictures in parts]
    needed = sum(count * height * width for count, (height, width) in zip(counts, places, strict=True))
    if shutil.disk_usage(folder).free < needed:
        raise _no_room(data, folder, f"{needed / 1e6:,.1f} MB for decoded images", "less")


@contextmanager
def _writing(data: Data, folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, NotImplementedError) as error:
        raise _no_room(data, folder, "to write decoded images", str(error)) from None


def _no_room(data: Data, folder: Path, needed: str, got: str) -> MixBenchError:
    return MixBenchError(
        f"data {data.name}: needed {needed} in {folder}, got {got}; free some space, or set MIXBENCH_DATA to a folder"
        " with room and rights"
    )


def _tell(data: Data, skipped: dict[str, list[str]]) -> None:
    names = [name for part in PARTS for name in skipped[part]]
    if names:
        some = ", ".join(map(plain, names[:3])) + (" …" if len(names) > 3 else "")
        logging.getLogger(__name__).warning("data %s: skipped %d corrupt: %s", data.name, len(names), some)
