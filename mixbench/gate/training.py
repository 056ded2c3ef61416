"""Making the trainings that would decide, until it is decided or there are enough."""

from __future__ import annotations

import sys
from collections.abc import Callable

from mixbench.gate.check import Check
from mixbench.gate.verdict import Verdict
from mixbench.gate.wanted import CANDIDATE, Wanted
from mixbench.results.record import Record
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain_name
from mixbench.spec.suite import load_suite

MOST_SEEDS = 6
"""Seeds of a row of the candidate."""

Make = Callable[[Wanted, tuple[int, ...]], object]


def train(each: Wanted, seeds: tuple[int, ...]) -> None:
    """Make some of the seeds that are wanted; MixBenchError where the suite is another or a training fails."""
    # torch is loaded for those who train.
    from mixbench.runs.calls import run

    if load_suite(each.suite_word).digest != each.like.suite_digest:
        raise MixBenchError(
            f"check --until-decided: needed the suite of the records, got another as {each.suite_word}; give --suite"
        )
    named = ", ".join(map(str, seeds))
    sys.stderr.write(f"mixbench: inconclusive; making {plain_name(each.like.augmentation)}, seed {named}\n")
    run(each.like.augmentation, each.suite_word, seeds, each.like.backbone, runs=each.runs)


def decided(judge: Callable[[], Check], most_seeds: int, make: Make = train) -> Check:
    """Judge; while it is inconclusive, make what the candidate lacks to decide it, and judge again.

    No row of the candidate comes to more than `most_seeds` seeds, but for those that the baseline has.
    """
    made: set[tuple[str, tuple[int, ...]]] = set()
    while True:
        found = judge()
        todo = [] if found.verdict is not Verdict.INCONCLUSIVE else _affordable(found, most_seeds)
        todo = [(each, seeds) for each, seeds in todo if (each.command, seeds) not in made]
        if not todo:
            return found
        for each, seeds in todo:
            made.add((each.command, seeds))
            make(each, seeds)


def _affordable(check: Check, most: int) -> list[tuple[Wanted, tuple[int, ...]]]:
    todo = []
    for each in check.wanted:
        if each.side == CANDIDATE and not each.external:
            seeds = each.seeds if check.absent else each.seeds[: max(most - _there(check, each), 0)]
            todo += [(each, seeds)] if seeds else []
    return todo


def _there(check: Check, each: Wanted) -> int:
    """How many seeds the row has now."""
    sides = [row.match.candidate for row in check.rows]
    return max((len(side) for side in sides if _row(side[0].record) == _row(each.like)), default=0)


def _row(record: Record) -> tuple[str, str, str]:
    return record.suite_digest, record.backbone, record.augmentation
