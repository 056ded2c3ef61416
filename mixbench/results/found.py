"""Where the records of a board lie: a runs folder, one suite's folder of a board, or a whole board."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mixbench.results.record import Record, load_record
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

BOARD = "leaderboards"
"""The default board, in the current folder."""

RECORDS = "records"
SUITE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What a suite's folder on a board may be called."""

MAX_RECORDS = 20_000
MAX_TOTAL_BYTES = 1_000_000_000


class Found(NamedTuple):
    """A record and the file it was read from."""

    path: Path
    record: Record


def record_paths(folder: Path) -> list[Path]:
    """Return the records' files, sorted: those in the folder, or in its records/, or in each suite's records/.

    MixBenchError where there is no such folder, a file leads out of it, or they are too many or too large.
    """
    if not folder.is_dir():
        raise MixBenchError(f"board {plain(str(folder))}: needed a folder of records, got none there; check the path")
    root = folder.resolve()
    paths = [path for home in _homes(folder) for path in sorted(home.glob("*.json"))]
    if len(paths) > MAX_RECORDS:
        raise MixBenchError(f"board {plain(str(folder))}: at most {MAX_RECORDS} records, got {len(paths)}; remove some")
    for path in paths:
        if not path.is_file() or not path.resolve().is_relative_to(root):
            raise MixBenchError(f"record {plain(str(path))}: needed a file inside {plain(str(folder))}; remove it")
    if (size := sum(path.stat().st_size for path in paths)) > MAX_TOTAL_BYTES:
        raise MixBenchError(f"board {plain(str(folder))}: at most {MAX_TOTAL_BYTES} bytes of records, got {size}")
    return paths


def _homes(folder: Path) -> Sequence[Path]:
    if (folder / RECORDS).is_dir():
        return [folder / RECORDS]
    return sorted(home for home in folder.glob(f"*/{RECORDS}") if home.is_dir()) or [folder]


def read_records(folder: Path) -> list[Found]:
    """Read every record of a folder; MixBenchError naming the first file that is no whole record."""
    return read_all(record_paths(folder))


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
