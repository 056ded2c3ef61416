"""The sentences under a reproduced table, and a claim's verdict in words."""

from __future__ import annotations

from mixbench.compare.versus.words import seeds_wanted
from mixbench.papers.cells import value
from mixbench.papers.reproduce import Reproduced
from mixbench.papers.verdict import Ruling, Verdict

CLAIM_HEAD = ("claim", "verdict", "difference", "95 %")


def notes(made: Reproduced) -> list[str]:
    """Return what the table's numbers mean, and how they differ from the paper's."""
    seeds = "seed 0" if made.seeds == 1 else f"mean ± standard deviation over seeds 0 … {made.seeds - 1}"
    lines = [f"Here: {seeds}; errors and shares in percent. paper: as printed ({made.experiment.link})."]
    if any(row.best_of for row in made.experiment.rows):
        lines.append("*: the best of several settings, chosen cell by cell on the test split, as the paper did.")
    for place in made.places:
        if place.suite and len(place.settings) > 1:
            others = "; ".join(setting.title for setting in place.settings[1:])
            lines.append(f"{place.suite.name} stands for these settings of the paper too: {others}.")
    return [*lines, *made.experiment.notes, *_not_run(made)]


def _not_run(made: Reproduced) -> list[str]:
    reasons = list(dict.fromkeys(each.refused for each in made.measured if each.refused))
    here = made.experiment.here
    instead = f" Meanwhile: mixbench reproduce {made.experiment.key} --on {here[0]}." if here else ""
    return [f"Not run: {reason}.{instead}" for reason in reasons]


def claim_cells(made: Reproduced, verdict: Verdict) -> tuple[str, ...]:
    """Return a claim's line: what it says and where, the verdict, the difference of the row from the other."""
    claim = verdict.claim
    several = sum(each.claim is claim for each in made.verdicts) > 1
    said = f"{claim.says} ({claim.where})" + (f": {verdict.measured.where}" if several else "")
    if verdict.pair is None or verdict.quantity is None or verdict.difference is None:
        return said, verdict.ruling.value, "", ""
    difference, low, high = verdict.difference
    quantity = verdict.quantity
    interval = "" if low is None or high is None else f"[{value(low, quantity)}, {value(high, quantity)}]"
    return said, _ruling(verdict), value(difference, quantity, "+"), interval


def _ruling(verdict: Verdict) -> str:
    assert verdict.pair
    assert verdict.quantity
    if verdict.ruling is Ruling.NO_DIFFERENCE:
        return f"no difference larger than {value(verdict.quantity.tolerance, verdict.quantity)}"
    if verdict.ruling is Ruling.UNDECIDED:
        return f"undecided: {seeds_wanted(verdict.pair)}"
    return verdict.ruling.value
