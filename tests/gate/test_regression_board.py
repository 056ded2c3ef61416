"""The gate on real trainings: one seed of a shipped board's row against another is seldom called a regression."""

from collections import Counter, defaultdict
from itertools import permutations
from pathlib import Path

import pytest

from mixbench.gate.matching import match_single
from mixbench.gate.regression import Verdict, check_matches
from mixbench.results.found import BOARD, Found, read_records

ROOT = Path(__file__).parents[2]
MOST_REGRESSIONS = 35 / 400


def pairs(suite: str) -> list[tuple[Found, Found]]:
    """Each record with every other of its row, both ways round."""
    rows = defaultdict(list)
    for found in read_records(ROOT / BOARD / suite):
        rows[found.record.augmentation].append(found)
    return [pair for row in rows.values() for pair in permutations(row, 2)]


@pytest.mark.parametrize("suite", ["digits", "fashion-mnist-small"])
def test_another_seed_is_seldom_a_regression(suite):
    made = pairs(suite)
    verdicts = Counter(check_matches(match_single(*pair), {}).verdict for pair in made)
    assert len(made) >= 66
    assert verdicts[Verdict.REGRESSION] <= MOST_REGRESSIONS * len(made)
