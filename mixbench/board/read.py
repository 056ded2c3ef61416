"""From a folder of records to the board that is drawn."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from mixbench.board.describe import describe
from mixbench.board.leaderboard import SHOWN_HOMES, Board, build
from mixbench.board.published import PUBLISHED, data_key, read_published
from mixbench.results.found import read_records


def read_board(folder: Path, homes: Collection[str] = SHOWN_HOMES, measures: Collection[str] | None = None) -> Board:
    """Read a board, one suite's folder in it or a runs folder, with the published rows about its data.

    `homes` are the folders of a suite whose records are read; `measures` those that rows have beside the headline
    ones, all where None. MixBenchError where a record or a published row cannot be read.
    """
    board = build(read_records(folder, homes), describe=describe, measures=measures)
    published = read_published(folder / PUBLISHED) or read_published(folder.absolute().parent / PUBLISHED)
    data = {data_key(group.data) for group in board.groups}
    return replace(board, published=tuple(row for row in published if data_key(row.dataset) in data))
