"""Flags that the baseline lacks: what a candidate's attack numbers may be hiding."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mixbench.gate.matching import Match
from mixbench.results.found import Found

ENOUGH = 3
"""Trainings on each side of which all and none are flagged by chance in one case of 64 at most."""

MASKING = "gradient_masking"
_SHARE = re.compile(r"\d+(\.\d+)?%")


@dataclass(frozen=True)
class NewFlag:
    """A flag of so many of the candidate's trainings and none of the baseline's; `sure` where that is no chance."""

    text: str
    flagged: int
    trainings: tuple[int, int]

    @property
    def name(self) -> str:
        """What kind of flag it is."""
        return self.text.partition(":")[0]

    @property
    def sure(self) -> bool:
        """Whether all of three or more trainings mask their gradients where three or more of the baseline do not."""
        return self.name == MASKING and min(self.trainings) >= ENOUGH and self.flagged == self.trainings[1]


def new_flags(match: Match) -> tuple[NewFlag, ...]:
    """Return the flags of any of the candidate's records that no record of the baseline has."""
    before = {_kind(flag) for found in match.baseline for flag in found.record.flags}
    after = {_kind(flag): flag for found in match.candidate for flag in found.record.flags}
    trainings = len(match.baseline), len(match.candidate)
    return tuple(
        NewFlag(flag, sum(_has(found, kind) for found in match.candidate), trainings)
        for kind, flag in after.items()
        if kind not in before
    )


def _has(found: Found, kind: str) -> bool:
    return kind in map(_kind, found.record.flags)


def _kind(flag: str) -> str:
    """A flag's sentence without its numbers."""
    return _SHARE.sub("%", flag)
