"""R's data files (.rda), by the Python package rdata, in bounded memory; nothing in them is run."""

from __future__ import annotations

import bz2
import lzma
import struct
import warnings
import zlib
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

UNPACKERS = {
    b"\xfd7zXZ\0": lzma.LZMADecompressor,
    b"BZh": bz2.BZ2Decompressor,
    b"\x1f\x8b": partial(zlib.decompressobj, 31),
}
"""By a file's first bytes."""

DAMAGE = (
    ValueError, TypeError, LookupError, AttributeError, AssertionError, EOFError, OSError, ArithmeticError,
    RecursionError, NotImplementedError, MemoryError, struct.error, lzma.LZMAError, zlib.error,
)  # fmt: skip
"""What reading a damaged file may end in."""


def can_read() -> bool:
    """Whether rdata is installed."""
    return find_spec("rdata") is not None


def read_frame(content: bytes, name: str, most: int) -> pd.DataFrame:
    """Return the data frame of a name out of a file's bytes, which are at most `most` unpacked; DAMAGE otherwise."""
    import pandas as pd
    import rdata  # pyright: ignore[reportMissingImports]

    with warnings.catch_warnings(action="ignore"):
        found = rdata.conversion.convert(rdata.parser.parse_data(_unpacked(content, most)), default_encoding="ascii")
    frame = found[name]
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{name} is no data frame")
    return frame


def _unpacked(content: bytes, most: int) -> bytes:
    unpacker = next((make() for magic, make in UNPACKERS.items() if content.startswith(magic)), None)
    if unpacker is None:
        raise ValueError("a file that is not packed as R's are")
    unpacked = unpacker.decompress(content, most)
    if not unpacker.eof:
        raise ValueError(f"a file that is cut short or larger than {most} bytes")
    return unpacked
