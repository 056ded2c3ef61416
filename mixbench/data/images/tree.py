"""A user's folder of images, CLASS/IMAGE: what is in it, and what must not be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mixbench.data.images.decode import SUFFIXES
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown
from mixbench.spec.sections import Data


class Tree(NamedTuple):
    """Class names, each image's name below the root and its label, all sorted; a digest of names, sizes and dates."""

    classes: list[str]
    names: list[str]
    labels: list[int]
    stamp: str


def tree(data: Data, root: Path, below: str = "") -> Tree:
    """List the images of root/below/CLASS; hidden files, and files beside the classes that are no images, are ignored.

    MixBenchError for a class without images, fewer than two classes, anything in a class that is no image, a link that
    leads out of the root, a folder without rights.
    """
    home = root.resolve()
    if not (root / below).resolve().is_relative_to(home):
        raise _leads_out(data, home, root / below)
    classes = _classes(data, root / below, home)
    stamp = hashlib.sha256()
    names, labels = [], []
    for label, name in enumerate(classes):
        files = list(_images(data, root / below / name, home))
        if not files:
            raise _wrong(
                data, "images in every class", f"none in {shown(root / below / name)}", "add some or delete it"
            )
        for file in files:
            relative = "/".join(part for part in (below, name, file.name) if part)
            about = file.stat()
            stamp.update(f"{relative!r} {about.st_size} {about.st_mtime_ns}\n".encode("utf-8", "surrogatepass"))
            names.append(relative)
            labels.append(label)
    return Tree(classes, names, labels, stamp.hexdigest())


def entries(data: Data, folder: Path, home: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder, sorted, but for hidden files; MixBenchError where it cannot be read or leads out."""
    try:
        with os.scandir(folder) as found:
            seen = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        raise _wrong(
            data, "a readable folder", f"{shown(folder)} ({error.strerror})", "check path and rights"
        ) from None
    for entry in seen:
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(home):
            raise _leads_out(data, home, Path(entry.path))
    return seen


def _classes(data: Data, folder: Path, home: Path) -> list[str]:
    found = entries(data, folder, home)
    loose = next((entry for entry in found if _named_as_image(entry.name) and not entry.is_dir()), None)
    if loose is not None:
        raise _wrong(data, f"a folder a class in {shown(folder)}", f"the image {shown(loose.name)}", "sort it into one")
    classes = [entry.name for entry in found if entry.is_dir()]
    if len(classes) < 2:
        got = f"only {shown(classes[0])}" if classes else "none"
        raise _wrong(data, f"at least two class folders in {shown(folder)}", got, "check the path")
    return classes


def _images(data: Data, folder: Path, home: Path) -> Iterator[os.DirEntry[str]]:
    for entry in entries(data, folder, home):
        if not entry.is_file() or not _named_as_image(entry.name):
            what = "the folder" if entry.is_dir() else "the file"
            raise _wrong(data, f"images only in {shown(folder)}", f"{what} {shown(entry.name)}", "move it away")
        yield entry


def _named_as_image(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 - faster over a million names


def _leads_out(data: Data, home: Path, link: Path) -> MixBenchError:
    return _wrong(data, f"files inside {shown(home)}", f"a link out of it, {shown(link)}", "copy the files")


def _wrong(data: Data, needed: str, got: str, what_to_do: str) -> MixBenchError:
    return MixBenchError(f"data {data.name}: needed {needed}, got {got}; {what_to_do}")
