"""From a folder of records to the board that is drawn."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from mixbench.board.describe import describe
from mixbench.board.leaderboard import SHOWN_HOMES, Board, build
from mixbench.board.published import PUBLISHED, data_key, read_published
from mixbench.results.complete import completed
from mixbench.results.found import read_records


def read_board(folder: Path, homes: Collection[str] = SHOWN_HOMES, complete: Collection[str] = ()) -> Board:
    """Read a board, one suite's folder in it or a runs folder, with the published rows about its data.

    `homes` are the folders of a suite whose records are read; `complete` are the measures that records from before
    they were added get from their outcomes. MixBenchError where a record or a published row cannot be read.
    """
    found = [completed(each, complete) for each in read_records(folder, homes)]
    board = build(found, describe=describe)
    published = read_published(folder / PUBLISHED) or read_published(folder.absolute().parent / PUBLISHED)
    data = {data_key(group.data) for group in board.groups}
    return replace(board, published=tuple(row for row in published if data_key(row.dataset) in data))
