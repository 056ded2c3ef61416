"""From a split's image files to one .npy file of pixels and one of labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mixbench.data.files.progress import in_threads
from mixbench.data.images.decode import Size, Unfit, Unreadable, decode, quiet_pillow
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.sections import Data


@dataclass(frozen=True)
class Pictures:
    """The files of one split: names for messages, labels, how to read one's bytes; `repeated` counts equal files.

    `read` runs in threads and raises Unreadable where the file is corrupt, OSError where it cannot be read.
    """

    names: Sequence[str]
    labels: Sequence[int]
    read: Callable[[str], bytes]
    repeated: int = 0


def write_part(data: Data, folder: Path, part: str, pictures: Pictures, stored: Size, size: Size) -> list[str]:
    """Write part.npy and part.labels.npy; return the names of the corrupt images that were skipped.

    MixBenchError for a corrupt image unless skip_corrupt, one of another kind, a class of which nothing is left.
    """

    def pixels(name: str) -> np.ndarray | Unreadable:
        try:
            return decode(pictures.read(name), data.channels, stored, size)
        except Unreadable as error:
            return error
        except Unfit as error:
            raise MixBenchError(f"data {data.name}: {plain(name)}: {error}") from None
        except OSError as error:
            raise MixBenchError(
                f"data {data.name}: needed a readable file, got {plain(name)} ({error}); check its rights and the disk"
            ) from None

    labels, skipped = [], []
    found = in_threads(f"{data.name}: decoding {part}", pixels, pictures.names)
    with quiet_pillow(), (folder / f"{part}.npy").open("wb") as file, closing(found):
        _write_header(file, (len(pictures.names), data.channels, *size))
        for name, label, image in zip(pictures.names, pictures.labels, found, strict=True):
            if isinstance(image, np.ndarray):
                file.write(image.data)
                labels.append(label)
            elif data.skip_corrupt:
                skipped.append(name)
            else:
                raise _corrupt(data, name, image)
        _write_header(file, (len(labels), data.channels, *size))
        sync(file)
    _refuse_empty_class(data, pictures, labels)
    with (folder / f"{part}.labels.npy").open("wb") as file:
        np.save(file, np.array(labels, np.int64), allow_pickle=False)
        sync(file)
    return skipped


def sync(file: BinaryIO) -> None:
    """Put what was written on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the header at a .npy file's start; NumPy leaves room in it for another number of images."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    file.seek(max(end, file.tell()))


def _corrupt(data: Data, name: str, error: Unreadable) -> MixBenchError:
    return MixBenchError(
        f"data {data.name}: needed an image, got {plain(name)}, which is corrupt ({plain(str(error))}); mend or delete"
        " it, or write skip_corrupt = true in the suite's [data] (--skip-corrupt for 'mixbench suite new')"
    )


def _refuse_empty_class(data: Data, pictures: Pictures, labels: Sequence[int]) -> None:
    lost = set(pictures.labels) - set(labels)
    for name, label in zip(pictures.names, pictures.labels, strict=True):
        if label in lost:
            raise MixBenchError(
                f"data {data.name}: needed images in every class, got none that can be read in that of {plain(name)};"
                " mend them or delete the class"
            )
