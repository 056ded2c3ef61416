"""A stranger's file, read whole: regular, no link, and no larger than expected."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from mixbench.spec.errors import MixBenchError


def read_regular(path: Path, most: int) -> bytes:
    """Return a regular file's bytes; MixBenchError for a link, a pipe, a folder or more than `most` bytes."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with _opened(path, flags) as file:
            content = file.read(most + 1)
    except OSError as error:
        raise MixBenchError(f"{path.name}: needed a readable file, no link, got {error.strerror}") from None
    if len(content) > most:
        raise MixBenchError(f"{path.name}: at most {most} bytes")
    return content


def _opened(path: Path, flags: int) -> BinaryIO:
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise MixBenchError(f"{path.name}: needed a regular file; give the record itself")
    return os.fdopen(handle, "rb")
