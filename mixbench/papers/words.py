"""The sentences under a reproduced table, and a claim's verdict in words."""

from __future__ import annotations

from mixbench.compare.versus.words import seeds_wanted
from mixbench.papers.cells import value
from mixbench.papers.experiment import experiment_names
from mixbench.papers.reproduce import Reproduced
from mixbench.papers.verdict import Ruling, Verdict

CLAIM_HEAD = ("claim", "verdict", "difference", "95 %")


def notes(made: Reproduced) -> list[str]:
    """Return what the table's numbers mean, how they differ from the paper's, and what is not there."""
    seeds = "seed 0" if made.seeds == 1 else f"mean ± standard deviation over seeds 0 … {made.seeds - 1}"
    lines = [f"Here: {seeds}; errors and shares in percent. paper: as printed ({made.experiment.link})."]
    if any(row.best_of for row in made.experiment.rows):
        lines.append(
            "*: of several settings the one with the least first column, an oracle: it is chosen on the test split."
        )
    for place in made.places:
        if place.suite and len(place.settings) > 1:
            others = "; ".join(setting.title for setting in place.settings[1:])
            lines.append(f"{place.suite.name} stands for these settings of the paper too: {others}.")
    return [*lines, *made.experiment.notes, *_on_seeds(made), *_not_run(made)]


def _on_seeds(made: Reproduced) -> list[str]:
    names = dict.fromkeys(each.claim.quantity for each in made.verdicts if each.pair and each.pair.examples == 1)
    return [f"Intervals of {name} are over seeds alone: the draw of the test split is not in them." for name in names]


def _not_run(made: Reproduced) -> list[str]:
    reasons = list(dict.fromkeys(each.refused for each in made.measured if each.refused))
    key, here = made.experiment.key, made.experiment.here
    meant = here and key in experiment_names() and not any(place.instead for place in made.places)
    instead = f" Meanwhile: mixbench reproduce {key} --on {here[0]}." if meant else ""
    faults = dict.fromkeys(fault for each in made.measured for fault in each.faults)
    return [*(f"Not run: {reason}.{instead}" for reason in reasons), *(f"Failed: {fault}." for fault in faults)]


def said(made: Reproduced, verdict: Verdict) -> str:
    """Return what a claim says and where, with its rows and its place where that alone tells it from another."""
    claim = verdict.claim
    text = f"{claim.says} ({claim.where})"
    if any(each is not claim and each.says == claim.says for each in made.experiment.claims):
        text += f", {claim.row} against {claim.than}"
    several = sum(each.claim is claim for each in made.verdicts) > 1
    return f"{text}: {verdict.measured.where}" if several else text


def claim_cells(made: Reproduced, verdict: Verdict) -> tuple[str, ...]:
    """Return a claim's line: what it says and where, the verdict, the difference of the row from the other."""
    text, quantity = said(made, verdict), verdict.quantity
    if quantity is None or verdict.difference is None:
        return text, verdict.ruling.value, "", ""
    difference, low, high = verdict.difference
    interval = "" if low is None or high is None else f"[{value(low, quantity)}, {value(high, quantity)}]"
    return text, _ruling(verdict), value(difference, quantity, "+"), interval


def _ruling(verdict: Verdict) -> str:
    assert verdict.pair
    assert verdict.quantity
    if verdict.ruling is Ruling.NO_DIFFERENCE:
        return f"no difference larger than {value(verdict.pair.tolerance, verdict.quantity)}"
    if verdict.ruling is Ruling.UNDECIDED and verdict.pair.p is None:
        return "undecided: too few seeds to tell anything"
    if verdict.ruling is Ruling.UNDECIDED:
        return f"undecided: {seeds_wanted(verdict.pair)}"
    return verdict.ruling.value
