"""Image files looked at once, and what is kept of them: decoded images, or where they stream a list."""

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

import PIL
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
from mixbench.data.images.decode import VERSION
from mixbench.data.images.opened import MANIFEST, Kept, Place, cover, opened, seen, splits_in
from mixbench.data.images.write import (
    Pictures,
    divide,
    look_at,
    write_labels,
    write_listing,
    write_part,
)
from mixbench.data.residence import PARTS, kept_sizes, streamed
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.sections.data import Data
from mixbench.spec.whole import write_synced

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


def keep(data: Data, stamp: Any, source: Callable[[], Source], root: Path | None = None) -> Kept:
    """Return the images of a data set: decoded before or now, and put on the disk whole or not at all.

    Where the pictures lie below a `root`, splits that memory does not hold stream from there. `stamp` (JSON-able)
    changes whenever the files do; `source` is asked only where they are looked at. Images are kept at `kept_sizes`.
    MixBenchError as write_part, for pixels that stand in both splits, a full disk and a folder that cannot be written.
    """
    listed = () if root is None else streamed(data)
    key = [LAYOUT, VERSION, PIL.__version__, stamp, data.channels, *kept_sizes(data).values(), data.skip_corrupt]
    key += [listed, data.stored, data.sha256 is not None] if listed else []
    place = Place(home() / data.name / "decoded" / digest(key), root, listed)
    kept = opened(data, place) or _made(data, place, source)
    if kept is None:
        raise MixBenchError(
            f"data {data.name}: needed decoded images in {place.folder}, got others; delete that folder"
        )
    return kept


def _made(data: Data, place: Place, source: Callable[[], Source]) -> Kept | None:
    above = place.folder.parent
    with _writing(data, above):
        above.mkdir(parents=True, exist_ok=True)
        with FileLock(above / ".lock"):
            found = opened(data, place)
            if found is None:
                _make(data, place, source)
    return found or opened(data, place)


def _make(data: Data, place: Place, source: Callable[[], Source]) -> None:
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
            "sha256": checksum(*splits_in(data, partial)) if asked else None,
            "files": seen(partial),
        }
        write_synced(partial.folder / MANIFEST, json.dumps(about).encode())
        shutil.rmtree(place.folder, ignore_errors=True)
        partial.folder.replace(place.folder)
    finally:
        shutil.rmtree(partial.folder, ignore_errors=True)
    _tell(data, skipped)


def _write(data: Data, place: Place, files: Source) -> dict[str, Contents]:
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


def _parts_listed(data: Data, place: Place, files: Source) -> dict[str, Contents]:
    """Look at everything once; decode again what is to be held, where that is known only then."""
    covered, kept = cover(data), kept_sizes(data)
    if len(files.parts) == 1:
        whole = look_at(data, "whole", files.parts[0], covered, kept["train"])
        divided = split_by_content(data, whole, files.classes)
        pictures = dict(zip(PARTS, map(files.parts[0].only, divided), strict=True))
        parts = dict(zip(PARTS, map(whole.only, divided), strict=True))
    else:
        pictures, parts = dict(zip(PARTS, files.parts, strict=True)), {}
    for part in PARTS:
        if part not in place.streamed:
            parts[part] = write_part(data, place.folder, part, pictures[part], covered, kept[part])
            continue
        if part not in parts:
            parts[part] = look_at(data, part, pictures[part], covered, kept[part])
        write_listing(place.folder, part, pictures[part], parts[part])
    return parts


def _corrupt(contents: Contents) -> list[str]:
    return [name for name, pixels in zip(contents.names, contents.pixels, strict=True) if pixels is None]


def _notes(parts: dict[str, Contents]) -> list[str]:
    return [note for part in PARTS for note in notes_on(part, repeated(parts[part]), disagreeing(parts[part]))]


def _check_room(data: Data, place: Place, files: Source) -> None:
    needed = sum(_bytes_kept(data, place, files))
    if shutil.disk_usage(place.folder.parent).free < needed:
        raise _no_room(data, place.folder.parent, f"{needed / 1e6:,.1f} MB for decoded images", "less")


def _bytes_kept(data: Data, place: Place, files: Source) -> Iterator[int]:
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
