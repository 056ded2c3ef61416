"""A user's folder of images, CLASS/IMAGE: what is in it, and what must not be."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mixbench.data.images.decode import SUFFIXES
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown
from mixbench.spec.sections.data import Data

SYSTEM = frozenset(
    ("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "lost+found",
     "$recycle.bin", "system volume information")
)  # fmt: skip
"""What operating systems put into folders, in small letters."""


class Tree(NamedTuple):
    """Class names (NFC), each image's name below the root and its label, all sorted by class and name.

    `stamp` is a digest of names, sizes and dates, `ignored` the names of hidden files and those of the system.
    """

    classes: list[str]
    names: list[str]
    labels: list[int]
    stamp: str
    ignored: list[str]


def tree(data: Data, root: Path, below: str = "") -> Tree:
    """List the images of root/below/CLASS; hidden and system files, and texts beside the classes, are ignored.

    MixBenchError for a class without images, fewer than two classes, two whose names differ in their Unicode form
    alone, anything in a class that is no image, a link that leads out of the root, a folder without rights.
    """
    home = root.resolve()
    if not (root / below).resolve().is_relative_to(home):
        raise _leads_out(data, home, root / below)
    ignored: list[str] = []
    classes = _classes(data, root / below, home, ignored)
    stamp = hashlib.sha256()
    names, labels = [], []
    for label, name in enumerate(classes.values()):
        files = list(_images(data, root / below / name, home, ignored))
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
    return Tree(list(classes), names, labels, stamp.hexdigest(), ignored)


def is_of_the_system(name: str) -> bool:
    """Whether a file or folder is hidden, or one that an operating system puts beside a user's own."""
    return name.startswith(".") or name.lower() in SYSTEM


def entries(data: Data, folder: Path, home: Path, ignored: list[str]) -> list[os.DirEntry[str]]:
    """Return what is in a folder, sorted; what is of the system is added to `ignored`.

    MixBenchError for a folder that cannot be read, and for a link that leads out of `home`.
    """
    try:
        with os.scandir(folder) as found:
            # By bytes, the order is the same in every locale.
            everything = sorted(found, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise _wrong(
            data, "a readable folder", f"{shown(folder)} ({error.strerror})", "check path and rights"
        ) from None
    ignored += [entry.name for entry in everything if is_of_the_system(entry.name)]
    seen = [entry for entry in everything if not is_of_the_system(entry.name)]
    for entry in seen:
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(home):
            raise _leads_out(data, home, Path(entry.path))
    return seen


def _classes(data: Data, folder: Path, home: Path, ignored: list[str]) -> dict[str, str]:
    """Return the folders of the classes by name in NFC, in its order: a Mac writes the same name in another form."""
    found = entries(data, folder, home, ignored)
    loose = next((entry for entry in found if _named_as_image(entry.name) and not entry.is_dir()), None)
    if loose is not None:
        raise _wrong(data, f"a folder a class in {shown(folder)}", f"the image {shown(loose.name)}", "sort it into one")
    folders = [entry.name for entry in found if entry.is_dir()]
    if len(folders) < 2:
        got = f"only {shown(folders[0])}" if folders else "none"
        raise _wrong(data, f"at least two class folders in {shown(folder)}", got, "check the path")
    classes: dict[str, str] = {}
    for name in folders:
        # In another locale than UTF-8 Python reads a name's bytes one by one.
        read = os.fsencode(name).decode("utf-8", "surrogateescape")
        twin = classes.setdefault(unicodedata.normalize("NFC", read), name)
        if twin != name:
            got = f"{twin!a} and {name!a}, which read the same"
            raise _wrong(data, f"a folder a class in {shown(folder)}", got, "merge them")
    return dict(sorted(classes.items()))


def _images(data: Data, folder: Path, home: Path, ignored: list[str]) -> Iterator[os.DirEntry[str]]:
    for entry in entries(data, folder, home, ignored):
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
