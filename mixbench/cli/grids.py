"""Grids in specs: 'mixup(alpha={0.2,1,8})' is three augmentations."""

from __future__ import annotations

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

MOST = 1000
"""Augmentations that one word may stand for."""
_OPEN, _CLOSE = "([{", ")]}"


def expand(spec: str) -> list[str]:
    """Return the specs that a spec with braces stands for, the last braces changing first; MixBenchError if broken."""
    found, at = [""], 0
    while (start := spec.find("{", at)) >= 0:
        choices, end = _choices(spec, start)
        found = [before + spec[at:start] + choice for before in found for choice in choices]
        at = end
        if len(found) > MOST:
            raise MixBenchError(f"--aug {plain(spec)}: at most {MOST} augmentations from one word; split it")
    if "}" in spec[at:]:
        raise _broken(spec)
    return [before + spec[at:] for before in found]


def is_grid(spec: str) -> bool:
    """Whether a spec has braces."""
    return "{" in spec


def _choices(spec: str, start: int) -> tuple[list[str], int]:
    """What the commas of a brace part, and where its end lies; inner braces are expanded."""
    depth, parts, begin = 0, [], start + 1
    for at in range(start, len(spec)):
        letter = spec[at]
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if depth == 0 or (depth == 1 and letter == ","):
            parts.append(spec[begin:at])
            begin = at + 1
        if depth == 0:
            if letter != "}" or not all(part.strip() for part in parts):
                break
            return [each for part in parts for each in expand(part.strip())], at + 1
    raise _broken(spec)


def _broken(spec: str) -> MixBenchError:
    return MixBenchError(f"--aug {plain(spec)}: needed a grid such as 'mixup(alpha={{0.2,1,8}})'; close every brace")
