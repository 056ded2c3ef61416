"""Named streams of randomness: (seed, purpose, position) → generator, drawn on the CPU."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from mixbench.spec.digest import canonical_json

SURROGATE_SEED = -1
"""The seed of every suite's ERM surrogate; users cannot ask for it, since theirs start at 0."""

SUITE_SEED = -2
"""The seed of what belongs to a suite and not to a training: in-between pairs, halves, bootstrap draws."""


def stream(seed: int, purpose: str, *position: int | str | float) -> np.random.Generator:
    """Return the generator of one purpose, independent of every other purpose's draws.

    `position` tells apart the uses of one purpose, such as epoch and step.
    """
    key = sha256(canonical_json([seed, purpose, *position]).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(key)))
