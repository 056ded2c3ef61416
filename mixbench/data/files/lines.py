"""Text files with a line of numbers an example, as UCI has them, read strictly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from mixbench.data.files.checks import check_bytes
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.data import Data

LIMIT = 1 << 24
"""Bytes of a file."""


class Form(NamedTuple):
    """What a line has: so many cells between separators (None: white space), all of them numbers but for the `words` of
    a column, which stand for one. Lines up to the one that is `after` are passed over."""

    columns: int
    separator: str | None = ","
    words: Mapping[int, Mapping[str, float]] = {}
    after: str = ""


def read_numbers(data: Data, path: Path, form: Form, again: str) -> Float[np.ndarray, "n {form.columns}"]:
    """Return a row a line, empty ones left out; MixBenchError for a file that has not the form, which says `again`."""
    with path.open("rb") as file:
        content = file.read(LIMIT + 1)
    check_bytes(data, path.name, str(path), content)
    try:
        return np.array(_rows(content, form))
    except ValueError as error:
        raise MixBenchError(
            f"data {data.name}: needed lines of {form.columns} numbers in {shown(path)}, got"
            f" {plain(str(error), 100)}; {again}"
        ) from None


def _rows(content: bytes, form: Form) -> list[list[float]]:
    if len(content) > LIMIT:
        raise ValueError(f"more than {LIMIT} bytes")
    lines = [line.strip() for line in content.decode("ascii").splitlines()]
    first = lines.index(form.after) + 1 if form.after else 0
    rows = [_row(line, number, form) for number, line in enumerate(lines[first:], first + 1) if line]
    if not rows:
        raise ValueError("none")
    return rows


def _row(line: str, number: int, form: Form) -> list[float]:
    cells = line.split(form.separator)
    if len(cells) != form.columns:
        raise ValueError(f"{len(cells)} in line {number}")
    try:
        return [_number(cell.strip(), form.words.get(column, {})) for column, cell in enumerate(cells)]
    except ValueError as error:
        raise ValueError(f"{error} in line {number}") from None


def _number(cell: str, words: Mapping[str, float]) -> float:
    if cell in words:
        return words[cell]
    try:
        value = math.nan if "_" in cell else float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(repr(plain(cell, 40)))
    return value
