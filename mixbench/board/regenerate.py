"""What is generated in a suite's folder of a board: made anew, or compared with what its records give."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mixbench.board.markdown import board_markdown
from mixbench.board.published import PUBLISHED
from mixbench.board.read import read_board
from mixbench.compare.versus.board_file import BOARD_FILE
from mixbench.results.found import HOMES, RECORDS, SUITE_NAME, read_records
from mixbench.results.shared import SHARED
from mixbench.spec.errors import MixBenchError
from mixbench.spec.whole import write_atomically

MARKDOWN = "board.md"


def board_file(folder: Path) -> bytes:
    """Return the content of a suite's board.md: its verified records alone, so that a claim changes no other file.

    The same records and published rows give the same bytes. MixBenchError where one of them cannot be read.
    """
    return board_markdown(read_board(folder, (RECORDS,)), f"Leaderboard of {folder.absolute().name}").encode()


def regenerate(folder: Path) -> list[Path]:
    """Write a suite's board.md where it is not what its records give, and return it then; errors as above."""
    wrong = stale(folder)
    for path in wrong:
        with writing(folder.parent):
            write_atomically(path, board_file(folder))
    return wrong


@contextmanager
def writing(board: Path) -> Iterator[None]:
    """Turn what the disk refuses into one line."""
    try:
        yield
    except OSError as error:
        raise MixBenchError(
            f"board {board}: needed to write there, got {error.strerror or error}; the same command goes on from there"
        ) from None


def stale(folder: Path) -> list[Path]:
    """Return a suite's board.md where it is not what its records give; errors as above."""
    path = folder / MARKDOWN
    return [path] if not path.is_file() or path.read_bytes() != board_file(folder) else []


def suites_of(board: Path) -> list[Path]:
    """Return the folders of a board's suites, those that have records; MixBenchError where it has none."""
    if not board.is_dir():
        raise MixBenchError(f"board {board}: needed a folder, got none there; check the path")
    found = {path.parent for home in HOMES for path in board.glob(f"*/{home}") if is_suite(path.parent.name)}
    return sorted(found)


def is_suite(name: str) -> bool:
    """Whether a name may be that of a suite's folder."""
    return bool(SUITE_NAME.fullmatch(name)) and name != PUBLISHED


def stray_files(board: Path) -> list[Path]:
    """Return what lies on a board and belongs to none of its records, suites or readers.

    A suite's folder has its records' folders, board.toml, board.md and what records share; each of those folders has
    records of that suite, each with the outcomes of the same name. One that is to get its first has board.toml alone.
    """
    suites = suites_of(board)
    known = (PUBLISHED, "README.md")
    others = [path for path in _visible(board) if path not in suites and path.name not in known and not _begun(path)]
    return sorted(path for suite in suites for path in _strays(suite)) + others


def _begun(path: Path) -> bool:
    return path.is_dir() and is_suite(path.name) and [each.name for each in _visible(path)] == [BOARD_FILE]


def _strays(folder: Path) -> Iterator[Path]:
    yield from (path for path in _visible(folder) if path.name not in (*HOMES, MARKDOWN, BOARD_FILE, SHARED))
    known = set()
    for found in read_records(folder, HOMES):
        if found.path.with_suffix(".npz").name == found.record.outcomes.file and found.record.suite == folder.name:
            known |= {found.path, found.path.with_suffix(".npz")}
    homes = (folder / home for home in HOMES)
    yield from (path for home in homes if home.is_dir() for path in sorted(home.iterdir()) if path not in known)


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
