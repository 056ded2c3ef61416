"""Seeds as words on the command line."""

from __future__ import annotations

from mixbench.spec.errors import MixBenchError


def parse_seed(word: str) -> int:
    """Return a seed; MixBenchError where it is no whole number from 0 up."""
    if not word.isascii() or not word.isdigit() or len(word) > 18:
        raise MixBenchError(
            f"--seed: needed 0 or more, got {word}; a seed is a whole number, and negative ones are reserved"
        )
    return int(word)
