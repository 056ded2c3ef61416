"""The generated files of a whole board: made anew, or compared with what lies there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mixbench.board.generate import board_files
from mixbench.board.generated import GENERATED, regenerate, stale, suites_of
from mixbench.board.published import PUBLISHED
from mixbench.results.found import RECORDS, read_records


def regenerate_board(board: Path) -> list[Path]:
    """Make the generated files of every suite anew, each suite in one step, and return those that were not right.

    MixBenchError where the board cannot be used or one of its records cannot be read.
    """
    return [board / suite / name for suite in suites_of(board) for name in regenerate(board, suite, board_files)]


def stale_files(board: Path) -> list[Path]:
    """Return the generated files of a board that are not what its records give; nothing is written; errors as above."""
    return [board / suite / name for suite in suites_of(board) for name in stale(board, suite, board_files)]


def stray_files(board: Path) -> list[Path]:
    """Return what lies on a board and belongs to none of its records, suites or readers.

    A suite's folder has records/ and what is generated; records/ has records of that suite, each with the outcomes of
    the same name.
    """
    suites = suites_of(board)
    return sorted(path for suite in suites for path in _strays(board / suite)) + [
        path for path in _visible(board) if path.name not in (*suites, PUBLISHED, "README.md")
    ]


def _strays(folder: Path) -> Iterator[Path]:
    yield from (path for path in _visible(folder) if path.name not in (RECORDS, *GENERATED))
    names = set()
    for found in read_records(folder):
        whole = found.path.with_suffix(".npz").name == found.record.outcomes.file
        if whole and found.record.suite == folder.name:
            names |= {found.path.name, found.record.outcomes.file}
    yield from (path for path in _visible(folder / RECORDS) if path.name not in names)


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not (path.name.startswith(".") and folder.name != RECORDS))
