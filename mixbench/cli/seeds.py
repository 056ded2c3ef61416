"""Seeds as words on the command line."""

from __future__ import annotations

from collections.abc import Iterable

from mixbench.spec.errors import MixBenchError

MOST = 1000
"""Seeds that one word such as 0:5 may stand for."""


def parse_seeds(words: Iterable[str]) -> list[int]:
    """Return the seeds that words stand for, each once: a number, or 0:5 for 0 … 4; MixBenchError as parse_seed."""
    return list(dict.fromkeys(seed for word in words for seed in _span(word)))


def parse_seed(word: str) -> int:
    """Return a seed; MixBenchError where it is no whole number from 0 up."""
    if not word.isascii() or not word.isdigit() or len(word) > 18:
        raise MixBenchError(
            f"--seed: needed 0 or more, got {word}; a seed is a whole number, and negative ones are reserved"
        )
    return int(word)


def _span(word: str) -> range:
    first, colon, end = word.partition(":")
    if not colon:
        return range(parse_seed(word), parse_seed(word) + 1)
    span = range(parse_seed(first), parse_seed(end))
    if not 0 < len(span) <= MOST:
        raise MixBenchError(
            f"--seed: needed 1 to {MOST} seeds, got {len(span)} from {word}; 0:5 is 0 to 4, the end is left out"
        )
    return span
