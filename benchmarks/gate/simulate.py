"""What the gate's tolerances do at so many seeds, on drawn trainings that are correlated as a board's are.

    python benchmarks/gate/simulate.py [SUITE_FOLDER]

Methods' variances are drawn from a prior of d₀ degrees of freedom; three trainings of each make its calibration, others
of other seeds its two sides. The chance of the examples is left out. Prints how often an unchanged method fails or
stays undecided, and how often a worsening of one measure by twice its tolerance is found, by tolerances of 4.2 standard
deviations and by those that a calibration has: the table of docs/gate.md.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from calibrate import SEEDS, records  # pyright: ignore[reportImplicitRelativeImport]
from scipy.special import nctdtrinc, stdtr, stdtrit

from mixbench.gate.calibrate import WIDE
from mixbench.gate.contrast import ALPHA, BETA, CAUGHT
from mixbench.gate.evidence import evidence_of
from mixbench.gate.matching import method_of
from mixbench.gate.tolerances import GATED
from mixbench.results.found import BOARD
from mixbench.results.measures import BY_NAME

METHODS = 6000
WORLDS = ((np.inf, 20.0), (5.0, 4.0))
"""The true d₀ and the one that a calibration finds."""


def main(board: Path) -> None:
    """Print a line for each world, tolerance and number of seeds."""
    mixing = correlated(board)
    for true, found in WORLDS:
        for words, wide in ((f"{WIDE} s.d.", True), ("as they are", False)):
            for seeds in (1, 2, 3):
                alarms, undecided, caught = rates(mixing, true, found, seeds, wide)
                sys.stdout.write(
                    f"d0 {true:g}, tolerances {words}, {seeds} seeds: false alarms {alarms:.1%},"
                    f" inconclusive {undecided:.1%}, found {caught:.0%}\n"
                )


def correlated(board: Path) -> np.ndarray:
    """Return what turns independent normal numbers into residuals correlated as those of a board's trainings (J, J)."""
    names = [name for name in GATED if not BY_NAME[name].by_class]
    rows: dict[str, list[list[float]]] = defaultdict(list)
    for found in records(board):
        if found.record.seed is not None and found.record.seed < SEEDS and (evidence := evidence_of(found)):
            given = evidence.contributions
            rows[method_of(found.record)].append([float(np.mean(given[n])) if n in given else np.nan for n in names])
    whole = np.array([row for row in rows.values() if len(row) == SEEDS])
    whole = whole[:, :, ~np.isnan(whole).any(axis=(0, 1))]
    residuals, variances = whole - whole.mean(axis=1, keepdims=True), whole.var(axis=1, ddof=1)
    scaled = residuals / np.sqrt((4 * variances.mean(axis=0) + 2 * variances) / 6)[:, None]
    values, vectors = np.linalg.eigh(np.corrcoef(scaled.reshape(-1, whole.shape[2]).T))
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T


def rates(mixing: np.ndarray, true: float, found: float, seeds: int, wide: bool) -> tuple[float, float, float]:
    """Return the shares of false alarms and of the undecided, and that of single worsenings that are found."""
    rng, measures = np.random.default_rng(1), len(mixing)
    shape = METHODS, measures
    unequal = np.ones(shape) if np.isinf(true) else (true - 2) / rng.chisquare(true, shape)

    def draw(trainings: int) -> np.ndarray:
        return (rng.standard_normal((METHODS, trainings, measures)) @ mixing) * np.sqrt(unequal)[:, None]

    known, level = found + SEEDS - 1, ALPHA / measures
    moderated = (found + (SEEDS - 1) * draw(SEEDS).var(axis=1, ddof=1)) / known
    before, after = draw(seeds), draw(seeds)
    freedom = known + 2 * (seeds - 1)
    own = sum(((side - side.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) for side in (before, after))
    error = np.sqrt(2 / seeds * (known * moderated + own) / freedom)
    made = known + 2 * (SEEDS - 1)
    factor = float(nctdtrinc(made, 1 - CAUGHT, stdtrit(made, 1 - level)))
    tolerance = np.sqrt(2 / SEEDS) * (WIDE if wide else factor * np.sqrt(np.maximum(moderated, 1.0)))
    difference = after.mean(axis=1) - before.mean(axis=1)
    alarm = (stdtr(freedom, (tolerance - difference) / error) <= level).any(axis=1)
    fine = (stdtr(freedom, (difference - tolerance) / error) < BETA).all(axis=1)
    caught = stdtr(freedom, (-tolerance - difference) / error) <= level
    return float(alarm.mean()), float((~alarm & ~fine).mean()), float(caught.mean())


if __name__ == "__main__":
    main(Path(*sys.argv[1:2] or [Path(BOARD) / "digits"]))
