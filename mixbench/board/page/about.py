"""What the page says of itself: which code made it, when its records were made, where they are kept."""

from __future__ import annotations

import os
import re
from typing import Any

from mixbench.board.rows import Board
from mixbench.runs.provenance import made_with
from mixbench.spec.plain import plain

_PART = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def about(board: Board) -> dict[str, Any]:
    """Return MixBench's version and commit, the day of the youngest record, and the repository's address if known."""
    code = made_with()
    days = [
        found.record.provenance.created[:10]
        for group in board.groups
        for row in group.all_rows
        for found in row.records
    ]
    return {
        "version": plain(code["packages"].get("mixbench", "")),
        "commit": code["commit"],
        "changed": code["dirty"],
        "updated": max((day for day in days if _DAY.fullmatch(day)), default=None),
        "repository": repository(),
    }


def repository() -> str | None:
    """Return the address of the repository whose workflow builds the page; None elsewhere."""
    server, name = os.environ.get("GITHUB_SERVER_URL", ""), os.environ.get("GITHUB_REPOSITORY", "")
    return f"{server}/{name}" if server.startswith("https://") and _PART.fullmatch(name) else None
