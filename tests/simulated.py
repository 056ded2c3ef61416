"""Boards whose true variance components are known."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class World:
    """Standard deviations of what seeds and examples do, alone and with a method, and the variances' prior."""

    method_seed: float = 1.0
    method_example: float = 0.0
    rest: float = 0.0
    seed: float = 1.5
    example: float = 0.0
    prior: float = math.inf

    def rows(self, rng: np.random.Generator, seeds: list[int], n: int = 1, means=None) -> list[np.ndarray]:
        """Rows (S, N) of these seeds, all of mean 0 unless said otherwise."""
        shift, difficulty = rng.standard_normal(max(seeds)), rng.standard_normal(n)
        true = np.ones(len(seeds)) if math.isinf(self.prior) else self.prior / rng.chisquare(self.prior, len(seeds))
        return [
            (0.0 if means is None else means[place])
            + self.seed * shift[:count, None]
            + self.example * difficulty
            + self.method_seed * math.sqrt(true[place]) * rng.standard_normal((count, 1))
            + self.method_example * rng.standard_normal(n)
            + self.rest * rng.standard_normal((count, n))
            for place, count in enumerate(seeds)
        ]
