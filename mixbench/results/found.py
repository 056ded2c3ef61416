"""Where the records of a board lie: a runs folder, one suite's folder of a board, or a whole board."""

from __future__ import annotations

import gc
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from mixbench.results.record import EXTERNAL, Record, load_record
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

BOARD = "leaderboards"
"""The default board, in the current folder."""

RECORDS, CLAIMS, SUPERSEDED = "records", "claims", "superseded"
"""Folders of a suite's on a board: what was run again, what nobody has run again, what older methods gave."""

HOMES = (RECORDS, CLAIMS, SUPERSEDED)
SUITE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What a suite's folder on a board may be called."""

MAX_RECORDS = 20_000
MAX_TOTAL_BYTES = 1_000_000_000


class Status(StrEnum):
    """What stands behind a record: who has run it, and what it may be held against."""

    VERIFIED = "verified"
    CLAIMED = "claimed"
    LOCAL = "local"
    EXTERNAL = "external"


class Found(NamedTuple):
    """A record and the file it was read from."""

    path: Path
    record: Record

    @property
    def status(self) -> Status:
        """What stands behind the record, by the folder it lies in."""
        if self.record.augmentation == EXTERNAL or self.record.seed is None:
            return Status.EXTERNAL
        return {RECORDS: Status.VERIFIED, CLAIMS: Status.CLAIMED}.get(self.path.parent.name, Status.LOCAL)


def record_paths(folder: Path, homes: Collection[str] = (RECORDS,)) -> list[Path]:
    """Return the records' files, sorted: a board's in the folders named by `homes`, any other folder's own.

    `folder` is a board, one suite's folder in it, or a plain folder of records. MixBenchError where there is no such
    folder, a file leads out of it, or they are too many or too large.
    """
    if not folder.is_dir():
        raise MixBenchError(f"board {plain(str(folder))}: needed a folder of records, got none there; check the path")
    root = folder.resolve()
    paths = [path for home in _homes(folder, homes) for path in sorted(home.glob("*.json"))]
    if len(paths) > MAX_RECORDS:
        raise MixBenchError(f"board {plain(str(folder))}: at most {MAX_RECORDS} records, got {len(paths)}; remove some")
    for path in paths:
        if not path.is_file() or not path.resolve().is_relative_to(root):
            raise MixBenchError(f"record {plain(str(path))}: needed a file inside {plain(str(folder))}; remove it")
    if (size := sum(path.stat().st_size for path in paths)) > MAX_TOTAL_BYTES:
        raise MixBenchError(f"board {plain(str(folder))}: at most {MAX_TOTAL_BYTES} bytes of records, got {size}")
    return paths


def _homes(folder: Path, names: Collection[str]) -> list[Path]:
    for above in ("", "*/"):
        if found := sorted(path for home in HOMES for path in folder.glob(f"{above}{home}") if path.is_dir()):
            return [path for path in found if path.name in names]
    return [folder]


def read_records(folder: Path, homes: Collection[str] = (RECORDS,)) -> list[Found]:
    """Read every record of a folder as `record_paths` finds them; MixBenchError naming the first that is not whole."""
    return read_all(record_paths(folder, homes))


def read_all(paths: Iterable[Path]) -> list[Found]:
    """Read records from their files; MixBenchError naming the first that is no whole record."""
    with collector_paused():
        return [Found(path, _load(path)) for path in paths]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Hold the garbage collector off where many small objects are made that all stay: half the time goes otherwise."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _load(path: Path) -> Record:
    try:
        return load_record(path)
    except MixBenchError as error:
        raise MixBenchError(plain(str(error), most=600)) from None
    except (ValueError, RecursionError) as error:
        raise MixBenchError(f"record {plain(str(path))}: cannot be read: {plain(str(error))}; remove it") from None
