"""What is kept on disk of image files: decoded images, or where they stream a list of those that can be read."""

from __future__ import annotations

import json
import logging
import math
import shutil
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
from mixbench.data.images.alike import (
    Contents,
    disagreeing,
    notes_on,
    refuse_shared,
    repeated,
    split_by_content,
)
from mixbench.data.images.decode import VERSION, Size
from mixbench.data.images.decoding import (
    Pictures,
    divide,
    look_at,
    sync,
    write_labels,
    write_listing,
    write_part,
)
from mixbench.data.images.listed import Listed
from mixbench.data.residence import PARTS, kept_sizes, streamed
from mixbench.data.split import Split
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.sections import Data

MANIFEST = "manifest.json"
TRUSTED_BYTES = 2**31
"""Images from this size on are not read again only to compare them with a checksum, unless their file was touched."""

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


@dataclass(frozen=True)
class _Place:
    """A folder of what is kept; the root of the files that are listed there, and which splits are."""

    folder: Path
    root: Path | None
    streamed: tuple[str, ...]


def keep(data: Data, stamp: Any, source: Callable[[], Source], root: Path | None = None) -> Kept:
    """Return the images of a data set: decoded before or now, and put on the disk whole or not at all.

    Where the pictures lie below a `root`, splits that memory does not hold stream from there. `stamp` (JSON-able)
    changes whenever the files do; `source` is asked only where they are looked at. Images are kept at `kept_sizes`.
    MixBenchError as write_part, for pixels that stand in both splits, a full disk and a folder that cannot be written.
    """
    listed = () if root is None else streamed(data)
    key = [LAYOUT, VERSION, PIL.__version__, stamp, data.channels, *kept_sizes(data).values(), data.skip_corrupt]
    key += [listed, data.stored, data.sha256 is not None] if listed else []
    place = _Place(home() / data.name / "decoded" / digest(key), root, listed)
    kept = _opened(data, place) or _made(data, place, source)
    if kept is None:
        raise MixBenchError(
            f"data {data.name}: needed decoded images in {place.folder}, got others; delete that folder"
        )
    return kept


def _made(data: Data, place: _Place, source: Callable[[], Source]) -> Kept | None:
    above = place.folder.parent
    with _writing(data, above):
        above.mkdir(parents=True, exist_ok=True)
        with FileLock(above / ".lock"):
            found = _opened(data, place)
            if found is None:
                _make(data, place, source)
    return found or _opened(data, place)


def _make(data: Data, place: _Place, source: Callable[[], Source]) -> None:
    # The lock is held, so whatever is partial was left by a process that was killed.
    for left in place.folder.parent.glob("*.partial"):
        shutil.rmtree(left)
    files = source()
    _check_room(data, place, files)
    partial = replace(place, folder=place.folder.with_suffix(".partial"))
    try:
        partial.folder.mkdir()
        parts = _write(data, partial, files)
        skipped = {part: _corrupt(contents) for part, contents in parts.items()}
        # Nobody asks for the checksum of a published set that declares none, and it would take another pass.
        asked = not (place.streamed and files.published) or data.sha256
        about = {
            "skipped": skipped,
            "notes": [] if files.published else _notes(parts),
            "sha256": checksum(*_splits(data, partial)) if asked else None,
            "files": _seen(partial),
        }
        with (partial.folder / MANIFEST).open("wb") as file:
            file.write(json.dumps(about).encode())
            sync(file)
        shutil.rmtree(place.folder, ignore_errors=True)
        partial.folder.replace(place.folder)
    finally:
        shutil.rmtree(partial.folder, ignore_errors=True)
    _tell(data, skipped)


def _write(data: Data, place: _Place, files: Source) -> dict[str, Contents]:
    parts = _parts_listed(data, place, files) if place.streamed else _parts_decoded(data, place.folder, files)
    if not files.published:
        refuse_shared(data, parts["train"], parts["test"])
    for part in PARTS:
        write_labels(data, place.folder, part, parts[part])
    return parts


def _parts_decoded(data: Data, folder: Path, files: Source) -> dict[str, Contents]:
    stored, kept = kept_sizes(data)["train"], kept_sizes(data)
    if len(files.parts) == 1:
        whole = write_part(data, folder, "whole", files.parts[0], stored, stored)
        return divide(data, folder, whole, files.classes, kept)
    both = dict(zip(PARTS, files.parts, strict=True))
    return {part: write_part(data, folder, part, both[part], stored, kept[part]) for part in PARTS}


def _parts_listed(data: Data, place: _Place, files: Source) -> dict[str, Contents]:
    """Look at everything once; decode again what is to be held, where that is known only then."""
    cover, kept = _cover(data), kept_sizes(data)
    if len(files.parts) == 1:
        whole = look_at(data, "whole", files.parts[0], cover, kept["train"])
        divided = split_by_content(data, whole, files.classes)
        pictures = dict(zip(PARTS, map(files.parts[0].only, divided), strict=True))
        parts = dict(zip(PARTS, map(whole.only, divided), strict=True))
    else:
        pictures, parts = dict(zip(PARTS, files.parts, strict=True)), {}
    for part in PARTS:
        if part not in place.streamed:
            parts[part] = write_part(data, place.folder, part, pictures[part], cover, kept[part])
            continue
        if part not in parts:
            parts[part] = look_at(data, part, pictures[part], cover, kept[part])
        write_listing(place.folder, part, pictures[part], parts[part])
    return parts


def _cover(data: Data) -> Size:
    """The size that pictures are resized to cover before they are cut."""
    return (data.stored[0], data.stored[1]) if data.stored else (data.height, data.width)


def _corrupt(contents: Contents) -> list[str]:
    return [name for name, pixels in zip(contents.names, contents.pixels, strict=True) if pixels is None]


def _notes(parts: dict[str, Contents]) -> list[str]:
    return [note for part in PARTS for note in notes_on(part, repeated(parts[part]), disagreeing(parts[part]))]


def _opened(data: Data, place: _Place) -> Kept | None:
    """Open what is kept, or nothing where it is not whole."""
    try:
        about = json.loads((place.folder / MANIFEST).read_text())
        splits = _splits(data, place)
        # A file that was touched since is read again and compared with the suite's checksum by whoever loads it.
        trusted = about["sha256"] if about["files"] == _seen(place) else None
        skipped, notes = about["skipped"], about["notes"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError):
        return None
    if place.streamed or any(split.images.nbytes > TRUSTED_BYTES for split in splits):
        splits = [replace(split, sha256=trusted) for split in splits]
    return Kept(*splits, skipped=skipped, notes=notes)


def _splits(data: Data, place: _Place) -> list[Split]:
    return [_split(data, place, part) for part in PARTS]


def _split(data: Data, place: _Place, part: str) -> Split:
    labels = torch.from_numpy(np.load(place.folder / f"{part}.labels.npy", allow_pickle=False))
    kept, size = kept_sizes(data)[part], (data.height, data.width)
    images = _listed(data, place, part, len(labels)) if part in place.streamed else _array(place, part)
    if images.dtype != torch.uint8 or tuple(images.shape) != (len(labels), data.channels, *kept):
        raise ValueError(f"{part} is not whole")
    return Split(images, labels, size=None if kept == size else size)


def _array(place: _Place, part: str) -> torch.Tensor:
    return torch.from_numpy(np.load(place.folder / f"{part}.npy", allow_pickle=False))


def _listed(data: Data, place: _Place, part: str, count: int) -> Listed:
    path = _file(place, part)
    assert place.root is not None
    if len(np.load(path, mmap_mode="r", allow_pickle=False)) != count:
        raise ValueError(f"{part} is not whole")
    whole = data.whole and part == "train"
    return Listed(data.name, place.root, path, count, data.channels, _cover(data), kept_sizes(data)[part], whole)


def _file(place: _Place, part: str) -> Path:
    return place.folder / (f"{part}.listing.npy" if part in place.streamed else f"{part}.npy")


def _seen(place: _Place) -> dict[str, list[int]]:
    stats = {part: _file(place, part).stat() for part in PARTS}
    return {part: [stat.st_size, stat.st_mtime_ns] for part, stat in stats.items()}


def _check_room(data: Data, place: _Place, files: Source) -> None:
    needed = sum(_bytes_kept(data, place, files))
    if shutil.disk_usage(place.folder.parent).free < needed:
        raise _no_room(data, place.folder.parent, f"{needed / 1e6:,.1f} MB for decoded images", "less")


def _bytes_kept(data: Data, place: _Place, files: Source) -> Iterator[int]:
    sizes = kept_sizes(data)
    if len(files.parts) == 1 and not place.streamed:
        # One set is written whole, then once more in two.
        yield 2 * len(files.parts[0].names) * data.channels * math.prod(sizes["train"])
    for part, pictures in zip(PARTS, files.parts, strict=False):
        if len(files.parts) == 2 and part not in place.streamed:
            yield len(pictures.names) * data.channels * math.prod(sizes[part])


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
