"""Tiny-ImageNet: 110,000 64×64 images of 200 classes, from the zip as it is distributed or its extracted folder."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mixbench.data.files.checks import check_file, check_names
from mixbench.data.files.fetch import Remote, fetch
from mixbench.data.files.places import candidates
from mixbench.data.images.decode import Unreadable
from mixbench.data.images.keep import Source, keep
from mixbench.data.images.write import Pictures
from mixbench.data.loaders.loader import Loader, of_shape, published
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.sections.data import Data

BELOW = ("tiny-imagenet", "tiny-imagenet-200", ".")
BASE = "tiny-imagenet-200"
ARCHIVE = Remote(
    f"{BASE}.zip", f"http://cs231n.stanford.edu/{BASE}.zip", "md5:90528d7ca1a48142e341f4ef8d21d0de", 248100043
)
ANNOTATIONS = "val/val_annotations.txt"
LIMIT = 1 << 24
"""Bytes that one image or list may hold: the largest image has some 10,000."""


@dataclass(frozen=True)
class Place:
    """Where the files come from: their names below BASE with what changes when they do, and how to read one."""

    place: Path
    stamps: dict[str, str]
    read: Callable[[str], bytes]


def tiny_imagenet(data: Data) -> tuple[Split, Split]:
    """Return the official training and validation splits: images (N, 3, 64, 64), grey ones among them as colour.

    Labels go by the sorted WNIDs. Decoded once and kept. Wu, Zhang and Xu, Tiny ImageNet challenge, 2017.
    MixBenchError where the archive is missing and cannot be had, or is damaged; a corrupt image is named.
    """
    check_names(data, (ARCHIVE.name,))
    source = _source(data)
    kept = keep(data, [source.place.is_file(), data.files, _stamp(source)], lambda: _pictures(data, source))
    return kept.train, kept.test


def _source(data: Data) -> Place:
    for place in candidates(data, BELOW):
        if (place / ARCHIVE.name).is_file():
            return _in_archive(data, place / ARCHIVE.name)
        for folder in (place / BASE, place):
            if (folder / ANNOTATIONS).is_file():
                return _in_folder(data, folder)
    return _in_archive(data, fetch(data, BELOW[0], [ARCHIVE]) / ARCHIVE.name)


def _in_archive(data: Data, path: Path) -> Place:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise MixBenchError(
            f"data {data.name}: needed the archive as it is distributed, got {path} ({error});"
            " it is truncated or damaged: delete it to download it again"
        ) from None
    members = {member.filename.removeprefix(f"{BASE}/"): member for member in archive.infolist()}

    def read(name: str) -> bytes:
        if members[name].file_size > LIMIT:
            raise Unreadable(f"{members[name].file_size} bytes, of which at most {LIMIT} are read")
        try:
            return archive.read(members[name])
        except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
            raise Unreadable(str(error)) from None

    return Place(path, {name: f"{member.file_size} {member.CRC}" for name, member in members.items()}, read)


def _in_folder(data: Data, folder: Path) -> Place:
    if ARCHIVE.name in data.files:
        raise MixBenchError(
            f"data {data.name}: needed {ARCHIVE.name}, whose checksum the suite declares, got its extracted folder"
            f" {folder}; put the archive beside it, or declare no files in a suite of your own"
        )

    def read(name: str) -> bytes:
        with (folder / name).open("rb") as file:
            content = file.read(LIMIT + 1)
        if len(content) > LIMIT:
            raise Unreadable(f"more than {LIMIT} bytes")
        return content

    stamps = {}
    for parent, _, names in os.walk(folder):
        below = Path(parent).relative_to(folder).as_posix()
        for name in names:
            about = (Path(parent) / name).stat()
            stamps[f"{below}/{name}"] = f"{about.st_size} {about.st_mtime_ns}"
    return Place(folder, stamps, read)


def _stamp(source: Place) -> str:
    lines = (f"{name} {stamp}\n" for name, stamp in sorted(source.stamps.items()))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _pictures(data: Data, source: Place) -> Source:
    if source.place.is_file():
        check_file(data, source.place)
    train = {name: PurePosixPath(name).parts[1] for name in sorted(source.stamps) if _is_training_image(name)}
    wnids = {wnid: label for label, wnid in enumerate(sorted(set(train.values())))}
    test = _annotated(data, source, wnids)
    parts = (
        Pictures(list(train), [wnids[wnid] for wnid in train.values()], source.read),
        Pictures(list(test), list(test.values()), source.read),
    )
    return Source(parts, published=True)


def _is_training_image(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) == 4 and (parts[0], parts[2]) == ("train", "images") and name.endswith(".JPEG")


def _annotated(data: Data, source: Place, wnids: dict[str, int]) -> dict[str, int]:
    """Return the label of every validation image, by name: a line an image, its file and WNID first."""
    found = {}
    for line in _annotations(data, source).splitlines():
        file, wnid, *_ = [*line.split("\t"), ""]
        name = f"val/images/{file}"
        if wnid not in wnids or name not in source.stamps:
            raise MixBenchError(
                f"data {data.name}: needed an image and its class a line in {ANNOTATIONS}, got {plain(line)[:80]!r},"
                f" which {source.place} does not have; get the archive again"
            )
        found[name] = wnids[wnid]
    return dict(sorted(found.items()))


def _annotations(data: Data, source: Place) -> str:
    try:
        return source.read(ANNOTATIONS).decode()
    except (KeyError, Unreadable, ValueError) as error:
        raise MixBenchError(
            f"data {data.name}: needed {ANNOTATIONS} in {source.place}, got {plain(str(error))}; get the archive again"
        ) from None


LOADER = Loader(
    "tiny-imagenet",
    published(tiny_imagenet),
    of_shape(channels=3, height=64, width=64),
    files=lambda: {ARCHIVE.name: ARCHIVE.checksum},
)
