"""From a split's image files to .npy files: pixels, or where pictures lie, and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mixbench.data.files.array_file import Append, array_file, save_array
from mixbench.data.files.progress import in_threads
from mixbench.data.images.alike import Contents, split_by_content
from mixbench.data.images.decode import Size, Unfit, Unreadable, decode, quiet_pillow
from mixbench.data.split import centre
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.sections.data import Data

CHUNK = 1024
"""Images that are copied at once."""


@dataclass(frozen=True)
class Pictures:
    """The files of one split: names for messages, labels, how to read one's bytes.

    `read` runs in threads and raises Unreadable where the file is corrupt, OSError where it cannot be read. `listing`
    says where they lie, see listed.py, where they may stream; `what` is what such a file is called.
    """

    names: Sequence[str]
    labels: Sequence[int]
    read: Callable[[str], bytes]
    listing: np.ndarray | None = None
    what: str = "an image"

    def only(self, places: Sequence[int]) -> Pictures:
        """Return those at some places."""
        names, labels = [self.names[place] for place in places], [self.labels[place] for place in places]
        listing = None if self.listing is None else self.listing[list(places)]
        return replace(self, names=names, labels=labels, listing=listing)


@dataclass(frozen=True)
class Image:
    """A file's digest, its pixels where they are held, and the digest of what is shown of them; or what is wrong."""

    file: bytes
    pixels: np.ndarray | None = None
    shown: bytes | None = None
    corrupt: str = ""


def write_part(data: Data, folder: Path, part: str, pictures: Pictures, stored: Size, size: Size) -> Contents:
    """Write part.npy, images cut to `size` from `stored`, but for the corrupt, and return what every file is.

    MixBenchError for a corrupt image unless skip_corrupt, and for one of another kind.
    """
    with array_file(folder / f"{part}.npy", (data.channels, *size)) as append:
        return _look(data, part, pictures, stored, size, append)


def look_at(data: Data, part: str, pictures: Pictures, stored: Size, size: Size) -> Contents:
    """Decode every picture of a part once, as write_part does, and return what it is; nothing of it is held."""
    return _look(data, part, pictures, stored, size, None)


def write_listing(folder: Path, part: str, pictures: Pictures, contents: Contents) -> None:
    """Write part.listing.npy, where the pictures that are not corrupt lie."""
    assert pictures.listing is not None
    sound = [pixels is not None for pixels in contents.pixels]
    save_array(folder / f"{part}.listing.npy", pictures.listing[sound])


def _look(data: Data, part: str, pictures: Pictures, stored: Size, size: Size, append: Append | None) -> Contents:
    def image(name: str) -> Image:
        try:
            found = _image(data, pictures.read(name), stored, size)
            return found if append else replace(found, pixels=None)
        except Unreadable as error:
            return Image(_digest(name.encode("utf-8", "surrogatepass")), corrupt=str(error))
        except Unfit as error:
            raise MixBenchError(f"data {data.name}: {plain(name)}: {error}") from None
        except OSError as error:
            raise MixBenchError(
                f"data {data.name}: needed a readable file, got {plain(name)} ({error}); check its rights and the disk"
            ) from None

    files, shown = [], []
    found = in_threads(f"{data.name}: decoding {part}", image, pictures.names)
    with quiet_pillow(), closing(found):
        for name, each in zip(pictures.names, found, strict=True):
            if append and each.pixels is not None:
                append(each.pixels[None])
            if each.corrupt and not data.skip_corrupt:
                raise _corrupt(data, pictures.what, name, each.corrupt)
            files.append(each.file)
            shown.append(each.shown)
    return Contents(pictures.names, pictures.labels, files, shown)


def divide(
    data: Data, folder: Path, whole: Contents, classes: Sequence[str], sizes: dict[str, Size]
) -> dict[str, Contents]:
    """Make train.npy and test.npy of whole.npy, split by content and cut to their sizes; return what is in each."""
    images = np.load(folder / "whole.npy", mmap_mode="r", allow_pickle=False)
    rows = np.cumsum([pixels is not None for pixels in whole.pixels]) - 1
    parts = {}
    for (part, size), places in zip(sizes.items(), split_by_content(data, whole, classes), strict=True):
        sound = [rows[place] for place in places if whole.pixels[place] is not None]
        with array_file(folder / f"{part}.npy", (data.channels, *size)) as append:
            for start in range(0, len(sound), CHUNK):
                append(np.ascontiguousarray(centre(images[sound[start : start + CHUNK]], size)))
        parts[part] = whole.only(places)
    del images
    (folder / "whole.npy").unlink()
    return parts


def write_labels(data: Data, folder: Path, part: str, contents: Contents) -> None:
    """Write part.labels.npy, of the images that are not corrupt; MixBenchError for a class of which nothing is left."""
    labels = contents.sound().labels
    lost = set(contents.labels) - set(labels)
    for name, label in zip(contents.names, contents.labels, strict=True):
        if label in lost:
            raise MixBenchError(
                f"data {data.name}: needed images in every class, got none that can be read in that of {plain(name)};"
                " mend them or delete the class"
            )
    save_array(folder / f"{part}.labels.npy", np.array(labels, np.int64))


def _image(data: Data, content: bytes, stored: Size, size: Size) -> Image:
    file = _digest(content)
    try:
        pixels = decode(content, data.channels, stored, size)
    except Unreadable as error:
        return Image(file, corrupt=str(error))
    return Image(file, pixels, _digest(np.ascontiguousarray(centre(pixels, (data.height, data.width))).data))


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).digest()


def _corrupt(data: Data, what: str, name: str, reason: str) -> MixBenchError:
    return MixBenchError(
        f"data {data.name}: needed {what}, got {plain(name)}, which is corrupt ({plain(reason)}); mend or delete"
        " it, or write skip_corrupt = true in the suite's [data] (--skip-corrupt for 'mixbench suite new')"
    )
