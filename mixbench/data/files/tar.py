"""What is in a stranger's uncompressed .tar file, from its headers; nothing is extracted."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

MOST_AT_ONCE = 2**20
"""Bytes that one header may have; tarfile reads them whole."""

LONGEST = 1000
"""Letters of a member's name."""


class Member(NamedTuple):
    """A file in the archive: its name, and where its bytes lie in the archive."""

    name: str
    offset: int
    size: int


class Damaged(Exception):
    """An archive that cannot be read; says why."""


class _Bounded:
    """A file of which little is read at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.name, self.mode = file.seek, file.tell, file.name, "rb"

    def read(self, size: int) -> bytes:
        if size > MOST_AT_ONCE:
            raise tarfile.ReadError(f"a header of {size} bytes, of which at most {MOST_AT_ONCE} are read")
        return self._file.read(size)


def members(path: Path) -> Iterator[Member]:
    """Yield the archive's files in their order; folders are passed over.

    Damaged where it is compressed, cut off or broken, and for a link or a device. OSError where it cannot be read.
    """
    with path.open("rb") as file:
        try:
            with tarfile.open(fileobj=_Bounded(file), mode="r:", encoding="utf-8") as archive:  # pyright: ignore
                while (found := archive.next()) is not None:
                    # It would keep all that it has seen.
                    archive.members.clear()
                    member = _member(found)
                    if not found.isdir():
                        yield member
        except (tarfile.TarError, ValueError, OverflowError, RecursionError, EOFError) as error:
            raise Damaged(str(error) or type(error).__name__) from None


def _member(found: tarfile.TarInfo) -> Member:
    if len(found.name) > LONGEST:
        raise Damaged(f"a name of {len(found.name)} letters")
    if not (found.isreg() or found.isdir()) or found.issparse():
        raise Damaged(f"{found.name}, which is no plain file")
    if found.size < 0:
        # Where it led back to an earlier header, there would be no end.
        raise Damaged(f"{found.name} of {found.size} bytes")
    return Member(found.name, found.offset_data, found.size)
