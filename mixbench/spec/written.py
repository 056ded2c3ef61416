"""A suite's tables as its file has them: what of them names a place, and what changes a number."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

_PLACES = (
    ("data", "path"), ("data", "given_labels", "file"), ("shifts", "path"), ("model", "pretrained", "file"),
)  # fmt: skip


def places_in(written: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Return the entries of a suite as written that say where a file lies, each as its table and its key."""
    found = []
    for *path, key in _PLACES:
        tables: list[Any] = [written]
        for part in path:
            inner = [table.get(part) for table in tables if isinstance(table, dict)]
            tables = [each for value in inner for each in (value if isinstance(value, list) else [value])]
        found.extend((table, key) for table in tables if isinstance(table, dict) and key in table)
    return found


def without_places(written: dict[str, Any]) -> dict[str, Any]:
    """Return a suite's tables without what only says where a file lies or data are held, which no digest and no record
    has."""
    bare = deepcopy(written)
    for table, key in places_in(bare):
        del table[key]
    if isinstance(bare.get("data"), dict):
        bare["data"].pop("stream", None)
    return bare


def measured(written: dict[str, Any]) -> dict[str, Any]:
    """Return a suite's tables without what changes no number: where things lie and what classes are called."""
    bare = without_places(written)
    if isinstance(bare.get("data"), dict):
        bare["data"].pop("class_names", None)
    return bare
