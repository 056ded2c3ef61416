"""The run store: content-addressed folders, written atomically, locked across processes, never pickled."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filelock import FileLock

from mixbench.spec.digest import file_digest
from mixbench.spec.errors import FULL, MixBenchError, StorageFull
from mixbench.spec.places import given_path
from mixbench.spec.plain import plain
from mixbench.spec.whole import sync, write_synced

MANIFEST = "manifest"
"""Has no .json at its end, since every *.json under a runs folder is a record."""

CHECKPOINTS = "checkpoints"
"""Where unfinished trainings are kept, each under its digest and its training's lock; no artefacts."""


def runs_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the runs folder: the given one, else MIXBENCH_RUNS, else runs/ in the current folder."""
    if url := url_of(given):
        raise MixBenchError(f"runs {plain(url)}: needed a folder, got a URL; --engine ray takes one")
    return given_path(given or os.environ.get("MIXBENCH_RUNS") or "runs", "runs")


def url_of(given: str | os.PathLike[str] | None = None) -> str | None:
    """Return the runs folder's URL where one is given, or else in MIXBENCH_RUNS, in place of a path; else None."""
    place = given or os.environ.get("MIXBENCH_RUNS")
    return place if isinstance(place, str) and "://" in place else None


def place_of(kind: str, digest: str) -> str:
    """Return where an artefact lies within a runs folder."""
    return f"store/{kind}/{digest}"


class Store:
    """The artefacts under a runs folder, by kind (trainings, transfer, examinations, groups, …) and digest."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.root = runs / "store"

    def find(self, kind: str, digest: str) -> dict[str, Any] | None:
        """Return an artefact's manifest where it is whole, else None; each file is checked against its SHA-256."""
        folder = self.folder(kind, digest)
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
            whole = all(file_digest(folder / name) == sha for name, sha in manifest["files"].items())
        except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
            return None
        return manifest if whole else None

    def folder(self, kind: str, digest: str) -> Path:
        """Return where an artefact lies or would lie."""
        return self.runs / place_of(kind, digest)

    def file(self, kind: str, digest: str, name: str) -> Path:
        """Return a file of an artefact that is there."""
        return self.folder(kind, digest) / name

    def manifests(self, kind: str) -> Iterator[dict[str, Any]]:
        """Yield the manifests of all artefacts of a kind that are whole."""
        for path in sorted((self.root / kind).glob(f"*/{MANIFEST}")):
            manifest = self.find(kind, path.parent.name)
            if manifest is not None:
                yield manifest

    def put(self, kind: str, digest: str, files: Mapping[str, bytes | IO[bytes]], **about: Any) -> None:
        """Write an artefact whole or not at all, in place of a damaged one; whoever calls holds its lock."""
        final = self.folder(kind, digest)
        partial = final.with_name(f"{digest}.partial")
        with _cleared(partial):
            partial.mkdir(parents=True)
            for name, content in files.items():
                write_synced(partial / name, content)
            about["files"] = {name: file_digest(partial / name) for name in files}
            write_synced(partial / MANIFEST, json.dumps(about, allow_nan=False).encode())
            shutil.rmtree(final, ignore_errors=True)
            partial.replace(final)
            sync(final.parent)

    def scratch(self) -> IO[bytes]:
        """Return an open file for what is too large for memory; nothing of it is left once it is closed."""
        self.root.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self.root)

    def drop(self, kind: str, digest: str) -> None:
        """Remove what lies under a digest, if anything; whoever calls holds its lock."""
        shutil.rmtree(self.folder(kind, digest), ignore_errors=True)

    @contextmanager
    def lock(self, kind: str, digest: str) -> Iterator[None]:
        """Hold an artefact's lock; another process that wants the same one waits."""
        with storage_errors(self.runs):
            lock = self.lock_of(kind, digest)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def lock_of(self, kind: str, digest: str) -> FileLock:
        """Return an artefact's lock, not yet held; OSError where there is no place for it."""
        path = self.root / "locks" / f"{kind}-{digest}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(path)


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Turn a full, read-only or forbidden disk into one line."""
    try:
        yield
    except OSError as error:
        raise (StorageFull if error.errno in FULL else MixBenchError)(
            f"runs folder {place}: needed to write there, got {error}; free space or give another folder by --runs"
        ) from None


@contextmanager
def _cleared(partial: Path) -> Iterator[None]:
    shutil.rmtree(partial, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(partial, ignore_errors=True)
