"""Numbers as words on the command line."""

from __future__ import annotations

import math
from fractions import Fraction

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain


def parse_numbers(option: str, word: str | None) -> list[float] | None:
    """Return the numbers between a word's commas, each as 0.5 or 1/255; MixBenchError where one is none."""
    return None if word is None else [_number(option, each.strip()) for each in word.split(",")]


def _number(option: str, word: str) -> float:
    try:
        value = float(Fraction(word)) if "/" in word else float(word)
        if math.isfinite(value):
            return value
    except (ValueError, ZeroDivisionError, OverflowError):
        pass
    raise MixBenchError(f"{option}: needed numbers such as 0.5, 1/255 or 0.49,0.48,0.45, got {plain(word)!r}")
