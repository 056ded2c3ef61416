"""The papers behind the methods on a board."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mixbench.augment.origin import Origin
from mixbench.augment.table import BY_NAME
from mixbench.board.rows import Board, Row


def methods_of(row: Row) -> list[str]:
    """Return the methods of a row that MixBench ships and that have a paper."""
    names = row.records[0].record.method_versions
    return sorted(name for name in names if name in BY_NAME and BY_NAME[name].origin)


def papers_of(board: Board) -> dict[str, dict[str, Any]]:
    """Return by method its paper's title, authors, year, venue, link and arXiv number, and its authors' code."""
    rows: Iterable[Row] = (row for group in board.groups for row in group.all_rows)
    names = sorted({name for row in rows for name in methods_of(row)})
    return {name: _paper(origin) for name in names if (origin := BY_NAME[name].origin)}


def _paper(origin: Origin) -> dict[str, Any]:
    return {
        "title": origin.title,
        "authors": origin.authors,
        "year": origin.year,
        "venue": origin.venue,
        "link": origin.link,
        "arxiv": origin.arxiv,
        "citation": origin.citation,
        "short": f"{origin.citation.partition(f', {origin.year}')[0]}, {origin.year}",
        "code": origin.repository,
    }
