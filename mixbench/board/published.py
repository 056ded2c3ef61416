"""Numbers that papers published: shown apart from measured ones, with their own setting, never ranked."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

PUBLISHED = "published"
"""The folder of a board that holds them."""

COLUMNS = ("source", "where", "dataset", "backbone", "augmentation", "setting", "measure", "percent", "note")
MAX_BYTES = 2_000_000
MAX_ROWS = 20_000
MAX_CELL = 500
_ALIASES = {"imagenet2012": "imagenet", "imagenet1k": "imagenet", "ilsvrc2012": "imagenet"}


@dataclass(frozen=True)
class Published:
    """One number of a paper: where it stands, on what, under which setting of its own."""

    source: str
    where: str
    dataset: str
    backbone: str
    augmentation: str
    setting: str
    measure: str
    percent: float
    note: str


def read_published(folder: Path) -> tuple[Published, ...]:
    """Read every *.csv of a folder, in order; none where there is no such folder; MixBenchError for a broken row."""
    rows: list[Published] = []
    for path in sorted(folder.glob("*.csv")):
        rows.extend(_read(path, folder))
        if len(rows) > MAX_ROWS:
            raise MixBenchError(f"published rows in {plain(str(folder))}: at most {MAX_ROWS}, got more; remove some")
    return tuple(rows)


def _read(path: Path, folder: Path) -> list[Published]:
    name = f"published rows {plain(str(path))}"
    try:
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            raise MixBenchError(f"{name}: needed a file inside {plain(str(folder))}; remove it")
        if path.stat().st_size > MAX_BYTES:
            raise MixBenchError(f"{name}: at most {MAX_BYTES} bytes, got {path.stat().st_size}; shorten it")
        lines = csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""), strict=True)
        return list(_rows(name, lines))
    except (OSError, UnicodeError, csv.Error) as error:
        raise MixBenchError(f"{name}: needed readable CSV in UTF-8, got {plain(str(error))}; mend it") from None


def _rows(name: str, lines: Iterable[list[str]]) -> Iterator[Published]:
    for number, cells in enumerate(lines, start=1):
        if number == 1 and tuple(cells) != COLUMNS:
            raise MixBenchError(f"{name}: needed the columns {','.join(COLUMNS)}, got {plain(','.join(cells), 120)}")
        if number > MAX_ROWS:
            raise MixBenchError(f"{name}: at most {MAX_ROWS} rows, got more; shorten it")
        if number > 1:
            yield _row(f"{name}, row {number}", cells)


def _row(where: str, cells: list[str]) -> Published:
    if len(cells) != len(COLUMNS):
        raise MixBenchError(f"{where}: needed {len(COLUMNS)} cells, got {len(cells)}; mend it")
    if longest := [column for column, cell in zip(COLUMNS, cells, strict=True) if len(cell) > MAX_CELL]:
        raise MixBenchError(f"{where}: needed {longest[0]} of at most {MAX_CELL} characters, got more; shorten it")
    row = dict(zip(COLUMNS, cells, strict=True))
    text = row.pop("percent")
    if not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,12})?", text) or not math.isfinite(percent := float(text)):
        raise MixBenchError(f"{where}: needed percent as a number such as 23.5, got {plain(text, 60)!r}; mend it")
    return Published(percent=percent, **row)


def published_for(data: str, rows: Iterable[Published]) -> tuple[Published, ...]:
    """Return the rows about a suite's data set, in their order."""
    return tuple(row for row in rows if data_key(row.dataset) == data_key(data))


def data_key(name: str) -> str:
    """Return a data set's name as it is compared: CIFAR-10 and cifar10 are one."""
    key = re.sub(r"[^a-z0-9]", "", name.lower())
    return _ALIASES.get(key, key)
