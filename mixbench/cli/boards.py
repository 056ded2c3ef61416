"""`mixbench boards` and `mixbench rows`: what the project's own CI asks of its boards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.board.member import rows_markdown, rows_text
from mixbench.board.regenerate import regenerate_board, stale_files, stray_files
from mixbench.results.found import BOARD
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

NOT_RIGHT = 1


def boards(*, board: Path = Path(BOARD), check: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Make every suite's board.md and page anew from its records; exit with 1 where something strange lies there.

    Parameters
    ----------
    board
        The folder of boards, with a folder a suite.
    check
        Write nothing; exit with 1 also where a generated file is not what the records give.
    """
    if not check:
        for path in regenerate_board(board):
            sys.stdout.write(f"{plain(str(path))}: made anew\n")
    stray, wrong = stray_files(board), stale_files(board) if check else []
    for path in stray:
        sys.stderr.write(f"{plain(str(path))}: belongs to no record on this board; remove it\n")
    for path in wrong:
        sys.stderr.write(f"{plain(str(path))}: not what the records give; run mixbench boards\n")
    if not stray + wrong:
        sys.stdout.write(f"every generated file in {plain(str(board))} is what the records give\n")
    return NOT_RIGHT if stray + wrong else 0


def rows(*records: Path, markdown: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Print the board's rows that records on it belong to.

    Parameters
    ----------
    records
        Records' files on a board.
    markdown
        As Markdown tables instead of plain text.
    """
    if not records:
        raise MixBenchError("rows: needed records on a board, got none; see mixbench rows --help")
    sys.stdout.write(rows_markdown(records) if markdown else rows_text(records))
