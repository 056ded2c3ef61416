"""A runs folder that many machines reach, by a path or an fsspec URL, without locks: each file comes and goes whole.

Artefacts are named by what they are made of, so whoever writes one last writes the same bits.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import fsspec

from mixbench.spec.errors import FULL, MixBenchError, StorageFull
from mixbench.spec.plain import plain

PARTIAL = "store/partial"
"""Where files lie while they are written; an artefact's folder has whole ones alone."""


@dataclass(frozen=True)
class Shared:
    """A runs folder by its address; `name` is always a file's or folder's path within it."""

    address: str

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn whatever the file system raises into one line."""
        try:
            yield
        except MixBenchError:
            raise
        except Exception as error:  # noqa: BLE001 - each of fsspec's many file systems raises what it likes
            said = plain(str(error) or type(error).__name__)
            full = isinstance(error, OSError) and error.errno in FULL
            raise (StorageFull if full else MixBenchError)(
                f"runs {self.address}: needed to read and write there, got {said}; mend that and run the same again"
            ) from None

    def names(self, below: str = "") -> dict[str, int]:
        """Return all files below a folder, or a file itself, with their sizes in bytes; none where nothing is there."""
        files, root = _opened(self.address)
        files.invalidate_cache()
        try:
            found = files.find(_join(root, below), detail=True)
        except FileNotFoundError:
            return {}
        names = {path[len(root) :].lstrip("/"): int(about["size"]) for path, about in found.items()}
        return {name: size for name, size in names.items() if not name.startswith(PARTIAL)}

    def read(self, names: list[str]) -> dict[str, bytes]:
        """Return the content of several files; one that went meanwhile is left out."""
        files, root = _opened(self.address)
        paths = {_join(root, name): name for name in names}
        found = files.cat(list(paths), on_error="omit") if paths else {}
        return {paths[path]: content for path, content in found.items()}

    def fetch(self, name: str, folder: Path) -> None:
        """Copy a file, or all of a folder, to its place in another runs folder; what is not there is left out."""
        files, root = _opened(self.address)
        for each in self.names(name):
            (folder / each).parent.mkdir(parents=True, exist_ok=True)
            files.get_file(_join(root, each), str(folder / each))

    def publish(self, name: str, folder: Path) -> None:
        """Put a file, or all of a folder, from the same place of another runs folder; a manifest goes last."""
        source = folder / name
        paths = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
        for path in sorted(paths, key=lambda path: path.name == "manifest"):
            self._put(path, path.relative_to(folder).as_posix())

    def drop(self, name: str) -> None:
        """Remove a file, if it is still there."""
        files, root = _opened(self.address)
        with suppress(FileNotFoundError):
            files.rm_file(_join(root, name))

    def _put(self, source: Path, name: str) -> None:
        files, root = _opened(self.address)
        partial, final = _join(root, f"{PARTIAL}/{uuid.uuid4().hex}"), _join(root, name)
        for path in (partial, final):
            files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        files.put_file(str(source), partial)
        files.mv(partial, final)


@lru_cache
def _opened(address: str) -> tuple[Any, str]:
    """The file system of an address, and the folder in it."""
    files, root = fsspec.url_to_fs(address)
    return files, str(root).rstrip("/")


def _join(root: str, name: str) -> str:
    return f"{root}/{name}" if name else root
