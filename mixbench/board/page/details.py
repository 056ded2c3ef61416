"""What is loaded with a row: its records, where they were made, sources, and its comparisons."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from mixbench.board.page.data import as_json
from mixbench.board.page.pairs import pairs_of
from mixbench.board.page.records import Table, record_data, short, sources_data
from mixbench.board.rows import Board, Row
from mixbench.compare import Pair

FOLDER = "rows"


def detail_files(board: Board) -> tuple[dict[tuple[int, int], str], dict[str, bytes]]:
    """Return the name of each row's file by its group's place and its own, and the files by path.

    A file's name is the digest of its content, so that no browser keeps one of another board.
    """
    names, files = {}, {}
    for place, content in _contents(board):
        text = as_json(content)
        names[place] = hashlib.sha256(text.encode()).hexdigest()[:16]
        files[f"{FOLDER}/{names[place]}.js"] = f'MIXBENCH_ROWS["{names[place]}"] = {text};\n'.encode("ascii")
    return names, files


def _contents(board: Board) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    for place, group in enumerate(board.groups):
        before: dict[int, dict[int, dict[str, list[Any]]]] = defaultdict(dict)
        for places, pairs in pairs_of(group).items():
            before[places.later][places.earlier] = {name: _pair(pair) for name, pair in pairs.items()}
        for spot, row in enumerate(group.all_rows):
            # The comparisons with the rows before it, by their places.
            yield (place, spot), {**_row(row), "pairs": before[spot]}


def _row(row: Row) -> dict[str, Any]:
    environments = Table()
    return {
        "records": [record_data(found, environments) for found in row.records],
        "further": [record_data(found, environments) for found in row.further],
        "environments": environments.entries,
        "sources": sources_data(row.records),
    }


def _pair(pair: Pair) -> list[Any]:
    """Difference and interval, p (Holm's where there is one), seeds, verdict, and how many more seeds would decide."""
    p = pair.p if pair.p_holm is None else pair.p_holm
    shown = None if p is None else float(f"{p:.2g}")
    numbers = (short(each) for each in (pair.difference, pair.low, pair.high))
    return [*numbers, shown, pair.seeds, pair.verdict.value, pair.more_seeds]
