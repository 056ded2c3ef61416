"""A strict reader of JSON from strangers: bounded in size, depth and numbers, no NaN."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MAX_BYTES = 4_000_000
MAX_CONTAINERS = 20_000
MAX_DEPTH = 20
MAX_DIGITS = 100
"""Of a whole number, so that it is still one as a float."""


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; ValueError for more than the limits or what is not strict JSON, OSError where it
    cannot be read, RecursionError where it is nested too deep."""
    return _parse(_read(path))


def _read(path: Path) -> str:
    if not path.is_file():
        raise ValueError("a folder" if path.is_dir() else "no file there")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"{path.stat().st_size} bytes, at most {MAX_BYTES} bytes")
    return content.decode("utf-8")


def _parse(text: str) -> Any:
    if (count := text.count("[") + text.count("{")) > MAX_CONTAINERS:
        raise ValueError(f"{count} brackets, at most {MAX_CONTAINERS}")
    parsed = json.loads(text, parse_constant=_refuse_constant, parse_int=_bounded_int)
    _check_depth(parsed)
    return parsed


def _check_depth(parsed: Any) -> None:
    level = [parsed] if isinstance(parsed, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [value for values in inner for value in values if type(value) is dict or type(value) is list]
    if level:
        raise ValueError(f"more than {MAX_DEPTH} values within one another")


def _bounded_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a whole number of {len(digits)} digits, at most {MAX_DIGITS}")
    return int(digits)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name}, which is not JSON")
