"""The gate's findings as JUnit, as GitHub's commands and Markdown, and in the terminal."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from gates import GOLDEN

from mixbench.gate.as_json import check_json
from mixbench.gate.check import Check, Row
from mixbench.gate.comparison import Comparison
from mixbench.gate.contrast import Contrast
from mixbench.gate.github import command, literal, summary, workflow_commands
from mixbench.gate.junit import check_junit
from mixbench.gate.matching import Match, title
from mixbench.gate.newflags import NewFlag
from mixbench.gate.table import check_text
from mixbench.gate.verdict import Verdict, judge
from mixbench.results.found import Found
from mixbench.results.record import load_record


def compared(measure: str, difference: float, error: float = 0.005) -> Comparison:
    """A comparison of 0.1 with 0.1 + difference, its tolerance 0.01."""
    test = Contrast(difference, error**2, 0.0, 400.0, 400, (1, 1))
    return Comparison(measure, 0.1, 0.1 + difference, True, 0.01, test=test, over="examples")


FOUND = (
    compared("clean.top1_error", 0.0),
    compared("fgsm.white.top1_error", 0.3),
    compared("calibration.nll", 0.02, error=0.01),
    compared("calibration.brier", -0.2),
    Comparison("noise20.test_error_best", 0.9, 0.5, gated=False),
)
FLAG = NewFlag("gradient_masking: said so", 3, (3, 3))


def golden(**changes: object) -> Found:
    """The golden record with changes."""
    return Found(Path("a.json"), load_record(GOLDEN).model_copy(update=changes))


def check_of(
    *comparisons: Comparison, missing: tuple[int, ...] = (), flags: tuple[NewFlag, ...] = (), **changes: object
) -> Check:
    """A check of one row, whose records are the golden one with changes; seeds that are missing."""
    found = golden(**changes)
    row = Row(Match((found,), (found,), paired=True), tuple(judge(comparisons)), flags)
    return Check((row,), tuple(golden(seed=seed) for seed in missing))


@pytest.mark.parametrize(("allow", "errors", "skipped"), [(False, "2", "0"), (True, "1", "1")])
def test_junit_has_a_case_a_gated_measure(allow, errors, skipped):
    root = ElementTree.fromstring(check_junit(check_of(*FOUND, missing=(1,)), allow))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    gated = ["clean.top1_error", "fgsm.white.top1_error", "calibration.nll", "calibration.brier"]
    assert list(cases) == [*gated, title(golden(seed=1).record)]
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        "5",
        "1",
        errors,
        skipped,
    )
    failure = cases["fgsm.white.top1_error"].find("failure")
    assert failure is not None
    assert "10.0 to 40.0; difference +30.0 [29.0, 31.0], tolerance 1.0" in (failure.get("message") or "")


def test_junit_stays_xml_whatever_the_name():
    evil = "a\x00\x1b\ufffe\ud800]]><x a='\"&"
    root = ElementTree.fromstring(check_junit(check_of(*FOUND, augmentation=evil), False))
    assert "]]><x a='\"&" in (root[0].get("name") or "")


def test_workflow_commands_are_one_line_each():
    commands = workflow_commands(check_of(*FOUND, missing=(1,)), allow_inconclusive=True)
    assert [line.split(" ")[0] for line in commands] == ["::error", "::warning", "::warning"]
    assert commands[0].startswith("::error title=mixbench check%3A fgsm.white.top1_error::cutmix(")


def test_without_a_regression_too_little_evidence_is_the_error():
    doubtful = check_of(FOUND[0], FOUND[2])
    assert workflow_commands(doubtful, allow_inconclusive=False)[0].startswith("::error ")
    assert workflow_commands(doubtful, allow_inconclusive=True)[0].startswith("::warning ")
    assert workflow_commands(check_of(FOUND[0]), allow_inconclusive=False) == []
    assert workflow_commands(check_of(FOUND[0], missing=(1,)), allow_inconclusive=True)[0].startswith("::error ")
    flagged = check_of(FOUND[0], flags=(FLAG,))
    assert workflow_commands(flagged, allow_inconclusive=True)[0].startswith(
        "::error title=mixbench check%3A gradient_masking::"
    )


def test_beside_a_regression_too_little_evidence_is_a_warning():
    commands = workflow_commands(check_of(*FOUND, missing=(1,)), allow_inconclusive=False)
    assert {line.split(" ")[0] for line in commands} == {"::error", "::warning"}
    assert commands[-1].startswith("::warning ")


def test_commands_are_escaped_as_github_reads_them():
    assert command("error", "a:b,c%", "x%0A::y\nz") == "::error title=a%3Ab%2Cc%25::x%250A::y z"


def test_there_are_no_more_annotations_than_github_shows():
    many = check_of(FOUND[1], FOUND[2], missing=tuple(range(50)))
    assert len(workflow_commands(many, allow_inconclusive=False)) == 11


def test_a_name_in_the_summary_is_only_a_name():
    text = summary(check_of(*FOUND, augmentation="<b>|`x` [a](http://e.vil) ![](//e.vil) @someone #1 www.e.vil"))
    title = next(line for line in text.splitlines() if line.startswith("### "))
    assert not set("<>|`[]()!@.") & set(title)
    assert "| fgsm.white.top1_error | 10.0 | 40.0 | +30.0 [29.0, 31.0] | 1.0 | &lt;0.0001 |" in text
    assert literal("a|b") == "a&#124;b"


def test_a_huge_check_stays_below_the_summarys_limit():
    row = check_of(*FOUND * 10, augmentation="x" * 5000).rows[0]
    text = summary(Check((row,) * 300, tuple(golden(augmentation="y" * 300) for _ in range(1000))))
    assert len(text.encode()) < 2**20
    assert "more lines" in text


def test_the_table_is_whole_at_its_width():
    text = check_text(check_of(*FOUND, missing=(1,)))
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 110
    row = next(line for line in text.splitlines() if line.startswith("fgsm.white"))
    assert row.split() == [
        "fgsm.white.top1_error",
        "10.0",
        "40.0",
        "+30.0",
        "[29.0,",
        "31.0]",
        "1.0",
        "<0.0001",
        "2.9",
        "regression",
    ]
    shown = [line.split()[0] for line in text.splitlines() if line.startswith(("clean.", "fgsm.", "calibration."))]
    assert shown == ["fgsm.white.top1_error", "calibration.nll", "calibration.brier"]
    assert "ok (1): clean.top1_error" in text
    assert "missing in the candidate: cutmix" in " ".join(text.split())
    said = text.rstrip().splitlines()[-1]
    assert said.startswith("regression: 1 of 4 measures (fgsm.white.top1_error); the candidate lacks 1 of")


def test_a_new_flag_is_said_in_every_format():
    found = check_of(FOUND[0], flags=(FLAG,))
    assert found.verdict is Verdict.REGRESSION
    assert check_text(found).rstrip().endswith("regression: new flag gradient_masking")
    assert "new flag in 3 of 3 trainings" in check_text(found)
    assert "gradient&#95;masking" in summary(found)
    assert ElementTree.fromstring(check_junit(found, True)).get("failures") == "1"
    assert check_json(found, 1)["rows"][0]["new_flags"] == [
        {"flag": FLAG.text, "verdict": "regression", "candidate": 3, "trainings": 3}
    ]
    doubtful = check_of(FOUND[0], flags=(NewFlag(FLAG.text, 1, (1, 1)),))
    assert doubtful.verdict is Verdict.INCONCLUSIVE
    assert ElementTree.fromstring(check_junit(doubtful, False)).get("errors") == "1"


def test_markup_in_a_name_is_text():
    assert "[red]x[/red] :smile:" in check_text(check_of(*FOUND, augmentation="[red]x[/red] :smile:"))


def test_json_has_nulls_where_nothing_applies():
    found = check_json(check_of(*FOUND), 1)
    last = found["rows"][0]["measures"][-1]
    assert [last[key] for key in ("verdict", "p", "p_holm", "low", "tolerance", "over")] == ["not gated"] + [None] * 5
    assert (found["verdict"], found["exit_code"]) == ("regression", 1)
