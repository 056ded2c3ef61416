"""The gate's findings in words and numbers that every format shares."""

from __future__ import annotations

from collections.abc import Sequence

from mixbench.gate.comparison import EXAMPLES
from mixbench.gate.regression import Check, Finding, Row, Verdict
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME
from mixbench.spec.plain import plain_name

COLUMNS = ("measure", "baseline", "candidate", "difference [95 %]", "tolerance", "p", "sees", "verdict")

CAPTION = (
    "Errors and shares in percent; calibration.gap by its size. A measure regresses when the whole 95 % interval of its"
    " difference is above its tolerance and p < 0.05, one-sided, after Holm over all that are tested. 'sees' is the"
    " least worsening that would be found nine times in ten."
)
ONE_TRAINING = (
    "One training on each side: the test covers the draw of the test examples, not the training's own chance, so two"
    " trainings of one method may differ too; give several seeds to cover it."
)
MATCHED = "Seeds in pairs over the same examples, averaged over seeds, which have to agree with one another."
WELCH = "Welch over seeds: it covers the training's chance, not the draw of the test examples."
MOST_NAMED = 5


def row_title(row: Row) -> str:
    """Name a row: what is compared with what, where and under which seeds."""
    first, second = row.match.baseline[0].record, row.match.candidate[0].record
    where = f"suite {_said(second.suite)}, backbone {_said(second.backbone)}"
    after, before = _seeds(row.match.candidate), _seeds(row.match.baseline)
    if first.augmentation == second.augmentation:
        seeds = after if after == before else f"{after} against {before}"
        return f"{_said(second.augmentation)} ({where}, {seeds})"
    return f"{_said(second.augmentation)} {after} against {_said(first.augmentation)} {before} ({where})"


def _seeds(side: Sequence[Found]) -> str:
    seeds = [found.record.seed for found in side if found.record.seed is not None]
    return f"seed {', '.join(map(str, seeds))}" if seeds else "no seed"


def row_note(row: Row) -> str:
    """Say what a row's tests cover."""
    if not any(finding.comparison.over == EXAMPLES for finding in row.findings):
        return WELCH if any(finding.comparison.test for finding in row.findings) else ""
    if all(finding.comparison.same for finding in row.findings if finding.comparison.over):
        return "The same outcomes on both sides."
    return MATCHED if len(row.match.baseline) > 1 else ONE_TRAINING


def cells(finding: Finding) -> list[str]:
    """Return a finding's cells, one for each of COLUMNS."""
    each = finding.comparison
    difference = "" if each.difference is None else _signed(each.measure, each.difference)
    if each.test is not None:
        difference += " [{}, {}]".format(*(_value(each.measure, end) for end in each.test.interval()))
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
    gated = check.findings(Verdict.OK, Verdict.REGRESSION, Verdict.INCONCLUSIVE)
    if check.verdict is Verdict.OK:
        return f"ok: none of {len(gated)} measures regressed"
    worst = check.findings(check.verdict)
    names = [f"{each.comparison.measure}" for _, each in worst]
    named = ", ".join(dict.fromkeys(names[:MOST_NAMED])) + (" …" if len(names) > MOST_NAMED else "")
    parts = [f"{len(worst)} of {len(gated)} measures ({named})"] if worst else []
    if check.missing and check.verdict is Verdict.INCONCLUSIVE:
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
    return [(verdict, f"{', '.join(names)}: {reason}") for (verdict, reason), names in having.items()]


def unmatched(check: Check) -> list[str]:
    """Return a line for every record that only one side has."""
    return [f"missing in the candidate: {name}" for name in check.missing] + [
        f"new, not in the baseline: {name}" for name in check.new
    ]


def _said(name: str) -> str:
    """Write a stranger's name so that no line of it, wherever it is wrapped, is a command to GitHub's runner."""
    return plain_name(name).replace("::", ": :")
