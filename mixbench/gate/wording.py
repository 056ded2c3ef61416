"""The gate's findings in words and numbers that every format shares."""

from __future__ import annotations

from collections.abc import Sequence

from mixbench.gate.check import BASELINE, Check, Row
from mixbench.gate.contrast import BETA
from mixbench.gate.matching import method_of
from mixbench.gate.newflags import NewFlag
from mixbench.gate.verdict import TESTED, Finding, Verdict
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME
from mixbench.spec.plain import plain_name

COLUMNS = ("measure", "baseline", "candidate", "difference [95 %]", "tolerance", "p", "sees", "verdict")

CAPTION = (
    "Errors and shares in percent; calibration.gap by its size. A regression: 'worse by at most the tolerance' is"
    " rejected at 2 %, after Holm over all that are tested. ok: 'worse by at least the tolerance' is rejected at 5 %."
    " Else inconclusive. p is that of the test that decided; 'sees' is the least worsening that would be found nine"
    " times in ten."
)
CALIBRATED = "How much trainings of this method differ is taken from the suite's calibration and from these trainings."
UNCALIBRATED = (
    "The suite's calibration has no training of this method: how much they differ is taken from its other methods"
    " and from these trainings. If it is twice as noisy as they are, a worsening by the tolerance is called ok in about"
    " {:.0%} of cases instead of {:.0%}."
)
OWN_ALONE = (
    "There is no calibration of this suite and backbone: only these trainings say how much trainings differ;"
    " --calibrate RUNS makes one."
)
MOST_NAMED = 5


def row_title(row: Row) -> str:
    """Name a row: what is compared with what, where and under which seeds."""
    first, second = row.match.baseline[0].record, row.match.candidate[0].record
    where = f"suite {_said(second.suite)}, backbone {_said(second.backbone)}"
    after, before = _seeds(row.match.candidate), _seeds(row.match.baseline)
    if row.against != BASELINE:
        where += f"; against the {row.against}"
    if method_of(first) == method_of(second):
        seeds = after if after == before else f"{after} against {before}"
        return f"{_said(method_of(second))} ({where}, {seeds})"
    return f"{_said(method_of(second))} {after} against {_said(method_of(first))} {before} ({where})"


def _seeds(side: Sequence[Found]) -> str:
    seeds = [found.record.seed for found in side if found.record.seed is not None]
    return f"seed {', '.join(map(str, seeds))}" if seeds else "no seed"


def row_note(row: Row) -> str:
    """Say what a row's tests cover."""
    gated = [finding.comparison for finding in row.findings if finding.verdict in TESTED]
    if gated and all(each.same for each in gated):
        return "The same outcomes on both sides."
    if row.mistaken is not None:
        return UNCALIBRATED.format(row.mistaken, BETA)
    return CALIBRATED if row.calibrated else OWN_ALONE


def cells(finding: Finding) -> list[str]:
    """Return a finding's cells, one for each of COLUMNS."""
    each = finding.comparison
    difference = "" if each.difference is None else _signed(each.measure, each.difference)
    if each.interval is not None:
        difference += " [{}, {}]".format(*(_value(each.measure, end) for end in each.interval))
    return [
        each.measure,
        _value(each.measure, each.baseline),
        _value(each.measure, each.candidate),
        difference,
        _value(each.measure, each.tolerance) if each.gated and not each.new else "",
        "" if finding.p is None else _p(finding.p),
        _value(each.measure, finding.sees),
        finding.verdict.value,
    ]


def _scaled(measure: str, value: float, sign: str) -> str:
    return f"{value * 100:{sign}.1f}" if BY_NAME[measure].unit == "fraction" else f"{value:{sign}.3f}"


def _value(measure: str, value: float | None) -> str:
    return "" if value is None else _scaled(measure, value, "")


def _signed(measure: str, value: float) -> str:
    return _scaled(measure, value, "+")


def _p(p: float) -> str:
    return "<0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def sentence(finding: Finding) -> str:
    """Return a finding as one sentence with its numbers."""
    _, baseline, candidate, difference, tolerance, p, sees, _ = cells(finding)
    details = [f"difference {difference}" if difference else "", f"tolerance {tolerance}" if tolerance else ""]
    details += [f"p {p}" if p else "", f"would see {sees}" if sees else ""]
    numbers = ", ".join(part for part in details if part)
    reason = f": {finding.reason}" if finding.reason else ""
    return f"{finding.verdict.value}{reason} ({baseline or 'none'} to {candidate or 'none'}; {numbers or 'no numbers'})"


def verdict_line(check: Check) -> str:
    """Return the whole in one line."""
    gated, better = check.findings(*TESTED), len(check.findings(Verdict.IMPROVED))
    if check.verdict is Verdict.OK:
        return f"ok: none of {len(gated)} measures regressed" + (f", {better} improved" if better else "")
    worst = check.findings(check.verdict)
    names = [f"{each.comparison.measure}" for _, each in worst]
    named = ", ".join(dict.fromkeys(names[:MOST_NAMED])) + (" …" if len(names) > MOST_NAMED else "")
    parts = [f"{len(worst)} of {len(gated)} measures ({named})"] if worst else []
    flags = dict.fromkeys(flag.name for _, flag in check.flags(sure=check.verdict is Verdict.REGRESSION))
    parts += [f"new flag {name}" for name in flags]
    if check.missing:
        parts.append(f"the candidate lacks {len(check.missing)} of the baseline's records")
    return f"{check.verdict.value}: {'; '.join(parts) or 'nothing is gated'}"


def aside(row: Row) -> str:
    """Return what is shown and not gated, in one line; nothing where there is none."""
    shown = [cells(finding) for finding in row.findings if finding.verdict in (Verdict.SHOWN, Verdict.NEW)]
    values = [f"{name} {before or 'none'} to {after or 'none'}" for name, before, after, *_ in shown]
    return f"not gated: {', '.join(values)}" if values else ""


def reasons(row: Row) -> list[tuple[Verdict, str]]:
    """Return why a row's measures are not ok: a line for each reason, with the measures that it holds for."""
    having: dict[tuple[Verdict, str], list[str]] = {}
    for finding in row.findings:
        if finding.verdict in (Verdict.REGRESSION, Verdict.INCONCLUSIVE):
            having.setdefault((finding.verdict, finding.reason), []).append(finding.comparison.measure)
    said = [(verdict, f"{', '.join(names)}: {reason}") for (verdict, reason), names in having.items()]
    flags = [(Verdict.REGRESSION if flag.sure else Verdict.INCONCLUSIVE, flag_sentence(flag)) for flag in row.flags]
    return [*flags, *said]


def flag_sentence(flag: NewFlag) -> str:
    """Return a flag that the baseline lacks as one sentence."""
    before, after = flag.trainings
    return f"new flag in {flag.flagged} of {after} trainings, in none of the baseline's {before}: {_said(flag.text)}"


def folded(row: Row) -> str:
    """Return the measures that are ok in one line; nothing where there is none."""
    names = [finding.comparison.measure for finding in row.findings if finding.verdict is Verdict.OK]
    return f"ok ({len(names)}): {', '.join(names)}" if names else ""


def failures_first(row: Row) -> list[Finding]:
    """Return the findings that are gated and not simply ok: regressions, what is inconclusive, what improved."""
    order = (Verdict.REGRESSION, Verdict.INCONCLUSIVE, Verdict.IMPROVED)
    return sorted((each for each in row.findings if each.verdict in order), key=lambda each: order.index(each.verdict))


def advice(check: Check) -> list[str]:
    """Return what would decide what is inconclusive, a command a line, as it is typed."""
    lines = [f"would decide, for the {each.side}: {each.command}" for each in check.wanted]
    if check.undecidable:
        lines.append(
            f"no number of trainings would decide {', '.join(check.undecidable)}, if the differences are what they are;"
            " give another --tolerance"
        )
    return lines


def unmatched(check: Check) -> list[str]:
    """Return a line for every record that only one side has."""
    return [f"missing in the candidate: {name}" for name in check.missing] + [
        f"new, not in the baseline: {name}" for name in check.new
    ]


def _said(name: str) -> str:
    """Write a stranger's name so that no line of it, wherever it is wrapped, is a command to GitHub's runner."""
    return plain_name(name).replace("::", ": :")
