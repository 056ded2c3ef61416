"""Is a file what it should be: checksums as `md5:…` or `sha256:…`, the files that a suite declares."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.sections.data import Data

CHUNK = 1 << 20
"""Bytes read at a time."""


def digest_of(path: Path, kind: str) -> str:
    """Return a file's checksum as `kind:hex`; kind is md5 or sha256."""
    total = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            total.update(block)
    return f"{kind}:{total.hexdigest()}"


def check_file(data: Data, path: Path) -> None:
    """Refuse a file that is not the one declared under its name in `Data.files`; an undeclared one passes."""
    if declared := data.files.get(path.name):
        _compare(data, str(path), declared, digest_of(path, declared.partition(":")[0]))


def check_bytes(data: Data, name: str, where: str, content: bytes) -> None:
    """Refuse an archive's member that is not the one declared under its name; `where` is for the message."""
    if declared := data.files.get(name):
        kind = declared.partition(":")[0]
        _compare(data, where, declared, f"{kind}:{hashlib.new(kind, content, usedforsecurity=False).hexdigest()}")


def check_names(data: Data, known: Collection[str]) -> None:
    """Refuse a declared file that the loader does not read, whose checksum would never be looked at."""
    for name in data.files:
        if name not in known:
            raise unknown(f"file in data {data.name}", name, known, f"this data set has {', '.join(sorted(known))}")


def _compare(data: Data, where: str, declared: str, got: str) -> None:
    if got != declared:
        raise MixBenchError(
            f"data {data.name}: needed {declared}, got {got} in {where};"
            " the file is damaged or another one: put the right one there, or delete it to download it again"
        )
