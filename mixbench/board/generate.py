"""Everything that is generated for one suite of a board."""

from __future__ import annotations

from pathlib import Path

from mixbench.board.generated import MARKDOWN, PAGE
from mixbench.board.markdown import board_markdown
from mixbench.board.page.page import page_files
from mixbench.board.read import read_board
from mixbench.results.found import RECORDS


def board_files(folder: Path) -> dict[str, bytes]:
    """Return what is generated for one suite's folder: board.md and page/…, relative names to content.

    The same records and published rows give the same bytes. MixBenchError where one of them cannot be read.
    """
    board = read_board(folder)
    markdown = board_markdown(board, f"Leaderboard of {folder.absolute().name}")
    page = {f"{PAGE}/{name}": content for name, content in page_files(board, f"../{RECORDS}").items()}
    return {MARKDOWN: markdown.encode(), **page}
