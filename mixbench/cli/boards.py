"""`mixbench boards` and `mixbench rows`: what the project's own CI asks of its boards."""

from __future__ import annotations

import sys
from pathlib import Path

from mixbench.board.regenerate import regenerate, stale, stray_files, suites_of
from mixbench.board.sharing import broken
from mixbench.board.sharing import share as share_arrays
from mixbench.board.submitted import rows_markdown, rows_text
from mixbench.board.superseded import supersede, superseded
from mixbench.cli.output import Flag
from mixbench.results.found import BOARD
from mixbench.results.shared import SHARED
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

NOT_RIGHT = 1


def boards(*, board: Path = Path(BOARD), check: Flag = False, share: Flag = False) -> int:
    """Bring every suite's folder up to date; exit with 1 where something strange lies there.

    Records of methods that have a newer version move from records/ to superseded/, and board.md is made anew.

    Parameters
    ----------
    board
        The folder of boards, with a folder a suite.
    check
        Write nothing; exit with 1 also where a record should move or a board.md is not what the records give.
    share
        Put what all records of a suite have alike (labels, masks, pairs) into the suite's shared.npz. Records that come
        afterwards leave it out; those that are there stay as they are.
    """
    if check and share:
        raise MixBenchError("boards: needed --check or --share, got both; leave one out")
    suites = suites_of(board)
    if unlike := [path for suite in suites for path in broken(suite)]:
        for path in unlike:
            sys.stderr.write(f"{plain(str(path))}: with {SHARED} not what its record names; restore both\n")
        return NOT_RIGHT
    for suite in suites if share else ():
        made = share_arrays(suite)
        said = "made; further records leave out what it has" if made else "there already, or nothing is alike"
        sys.stdout.write(f"{plain(str(suite / SHARED))}: {said}\n")
    for suite in () if check else suites:
        for path in supersede(suite):
            sys.stdout.write(f"{plain(str(path))}: moved there, since a method of it has a newer version\n")
        for path in regenerate(suite):
            sys.stdout.write(f"{plain(str(path))}: made anew\n")
    stray = stray_files(board)
    wrong = [path for suite in suites for path in (*superseded(suite), *stale(suite))] if check else []
    for path in stray:
        sys.stderr.write(f"{plain(str(path))}: belongs to no record on this board; remove it\n")
    for path in wrong:
        said = "of an older version of a method" if path.suffix == ".json" else "not what the records give"
        sys.stderr.write(f"{plain(str(path))}: {said}; run mixbench boards\n")
    if not stray + wrong:
        sys.stdout.write(f"every board.md in {plain(str(board))} is what the records give\n")
    return NOT_RIGHT if stray + wrong else 0


def rows(*records: Path, markdown: Flag = False) -> None:
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
