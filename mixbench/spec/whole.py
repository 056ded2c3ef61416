"""Files written whole or not at all, and put on the disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; OSError where the disk does not take it, with the old one still there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_synced(partial, content)
        partial.replace(path)
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def write_synced(path: Path, content: bytes | IO[bytes]) -> None:
    """Write a file, of bytes or of all that an open file holds, which is closed, and put it on the disk."""
    with path.open("wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            with content:
                content.seek(0)
                shutil.copyfileobj(content, file)
        put_on_disk(file)


def put_on_disk(file: IO[bytes]) -> None:
    """Put what was written to an open file on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Put a file or a folder's entries on the disk, where the system can be told to."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
