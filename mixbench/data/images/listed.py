"""Pictures that stay in their files: a list of where each lies, and what decodes them when they are asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8

from mixbench.data.images.decode import MAX_BYTES, Size, Unfit, Unreadable, decode, decode_box, quiet_pillow
from mixbench.data.transform import Crops
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

WHOLE_FILE = -1
"""The size of a picture that has a file of its own."""


def listing(files: Sequence[str], members: Sequence[str] = (), spans: Sequence[tuple[int, int]] = ()) -> np.ndarray:
    """Return rows (N,) of where pictures lie: file below the root, and within a shard its member, offset and size."""
    names = [os.fsencode(file) for file in files]
    inside = [member.encode("utf-8", "surrogateescape") for member in members] or [b""] * len(names)
    widths = [max((len(name) for name in column), default=1) or 1 for column in (names, inside)]
    kind = [("file", f"S{widths[0]}"), ("member", f"S{widths[1]}"), ("offset", "<i8"), ("size", "<i8")]
    rows = np.zeros(len(names), kind)
    rows["file"], rows["member"], rows["size"] = names, inside, WHOLE_FILE
    if spans:
        rows["offset"], rows["size"] = np.array(spans, np.int64).T
    return rows


def name_of(row: np.void) -> str:
    """Return what messages call a picture: its file, or its shard and member."""
    file, member = os.fsdecode(bytes(row["file"])), bytes(row["member"]).decode("utf-8", "surrogateescape")
    return f"{file}/{member}" if member else file


def content_of(root: Path, row: np.void) -> bytes:
    """Return a picture's bytes; OSError where they cannot be read, Unreadable where they are too many or too few."""
    size, most = int(row["size"]), MAX_BYTES + 1
    with (root / os.fsdecode(bytes(row["file"]))).open("rb") as file:
        file.seek(int(row["offset"]))
        read = file.read(most if size == WHOLE_FILE else min(size, most))
    if len(read) > MAX_BYTES:
        raise Unreadable(f"more than {MAX_BYTES} bytes")
    if size not in (WHOLE_FILE, len(read)):
        raise Unreadable(f"{len(read)} of {size} bytes")
    return read


@dataclass(frozen=True)
class Listed:
    """The images of a split, uint8 (N, C, H, W), which are decoded when they are asked for, as arrays in files are.

    `index` is the file of rows, of which the first `count` are the split's; `stored` and `size` as of decode.
    """

    data: str
    root: Path
    index: Path
    count: int
    channels: int
    stored: Size
    size: Size
    whole: bool

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Images, channels, height and width."""
        return (self.count, self.channels, *self.size)

    @property
    def dtype(self) -> torch.dtype:
        """Bytes."""
        return torch.uint8

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, which: slice | torch.Tensor) -> UInt8[torch.Tensor, "m c h w"]:
        return torch.from_numpy(self.read(self.places(which)))

    def __reduce__(self) -> tuple[Any, ...]:
        # The rows are in their file, which every process maps for itself.
        return Listed, tuple(getattr(self, name) for name in self.__dataclass_fields__)

    def first(self, count: int) -> Listed:
        """Return the first images."""
        return replace(self, count=min(count, self.count))

    def places(self, which: slice | torch.Tensor) -> Int[np.ndarray, " m"]:
        """Return the chosen places as indices."""
        if isinstance(which, slice):
            return np.arange(self.count)[which]
        return np.arange(self.count)[which.cpu().numpy()]

    def read(self, places: Int[np.ndarray, " m"], crops: Crops | None = None) -> UInt8[np.ndarray, "m c h w"]:
        """Decode some images: cut at the centre, or with `crops` a box of the whole picture, resized to `size`.

        MixBenchError for a picture that is not as it was listed.
        """
        found = np.empty((len(places), self.channels, *self.size), np.uint8)
        with quiet_pillow():
            for place, row in enumerate(self._rows[places]):
                with self._faults(row):
                    found[place] = self._picture(content_of(self.root, row), place, crops)
        return found

    def _picture(self, content: bytes, place: int, crops: Crops | None) -> np.ndarray:
        if crops is None:
            return decode(content, self.channels, self.stored, self.size)
        one = crops.only(slice(place, place + 1))
        return decode_box(content, self.channels, lambda sides: one.boxes(np.array([sides]))[0].tolist(), self.size)

    @cached_property
    def _rows(self) -> np.ndarray:
        return np.load(self.index, mmap_mode="r", allow_pickle=False)[: self.count]

    @contextmanager
    def _faults(self, row: np.void) -> Iterator[None]:
        try:
            yield
        except (OSError, Unreadable, Unfit) as error:
            raise MixBenchError(
                f"data {self.data}: needed {plain(name_of(row))} as it was when the training began, got another"
                f" ({plain(str(error))}); put it back, or run the command again"
            ) from None
