"""The gate's findings for scripts."""

from __future__ import annotations

from typing import Any

from mixbench.gate.check import Check, Row
from mixbench.gate.contrast import ALPHA
from mixbench.gate.newflags import NewFlag
from mixbench.gate.verdict import Finding, Verdict
from mixbench.gate.wanted import Wanted
from mixbench.gate.wording import row_note, row_title
from mixbench.results.measures import BY_NAME


def check_json(check: Check, code: int) -> dict[str, Any]:
    """Return everything that was found as plain values; null where something does not apply."""
    return {
        "verdict": check.verdict.value,
        "exit_code": code,
        "alpha": ALPHA,
        "rows": [_row(row) for row in check.rows],
        "missing": list(check.missing),
        "new": list(check.new),
        "decide": [_wanted(each) for each in check.wanted],
        "undecidable": list(check.undecidable),
    }


def _wanted(each: Wanted) -> dict[str, Any]:
    return {
        "side": each.side,
        "suite": each.like.suite,
        "backbone": each.like.backbone,
        "augmentation": each.like.augmentation,
        "seeds": list(each.seeds),
        "command": each.command,
    }


def _flag(flag: NewFlag) -> dict[str, Any]:
    return {
        "flag": flag.text,
        "verdict": (Verdict.REGRESSION if flag.sure else Verdict.INCONCLUSIVE).value,
        "candidate": flag.flagged,
        "trainings": flag.trainings[1],
    }


def _row(row: Row) -> dict[str, Any]:
    before, after = row.match.baseline, row.match.candidate
    record = after[0].record
    return {
        "title": row_title(row),
        "suite": record.suite,
        "suite_digest": record.suite_digest,
        "battery_version": record.battery_version,
        "backbone": record.backbone,
        "baseline": {"augmentation": before[0].record.augmentation, "seeds": [each.record.seed for each in before]},
        "candidate": {"augmentation": record.augmentation, "seeds": [each.record.seed for each in after]},
        "note": row_note(row),
        "against": row.against,
        "calibrated": row.calibrated,
        "new_flags": [_flag(flag) for flag in row.flags],
        "measures": [_finding(finding) for finding in row.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    each = finding.comparison
    low, high = each.interval or (None, None)
    return {
        "measure": each.measure,
        "unit": BY_NAME[each.measure].unit,
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "baseline": each.baseline,
        "candidate": each.candidate,
        "difference": each.difference,
        "low": low,
        "high": high,
        "tolerance": each.tolerance if each.gated and not each.new else None,
        "p": finding.p,
        "p_holm": finding.p_holm,
        "p_within": each.p_within if each.test else None,
        "class": each.worst,
        "sees": finding.sees,
        "over": each.over or None,
    }
