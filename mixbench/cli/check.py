"""`mixbench check`: did robustness regress against a baseline?"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from mixbench.cli.output import Flag, check_place, print_json, write_file
from mixbench.gate.as_json import check_json
from mixbench.gate.baseline import update_baseline as write_baseline
from mixbench.gate.check import Check
from mixbench.gate.gating import calibrate as make_calibrations
from mixbench.gate.gating import gate, records_at
from mixbench.gate.github import refusal_command, refusal_summary, summary, workflow_commands
from mixbench.gate.table import check_tables
from mixbench.gate.tolerances import parse_tolerances
from mixbench.gate.training import MOST_SEEDS, decided
from mixbench.gate.verdict import Verdict
from mixbench.report.console import console
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

OK, REGRESSED, UNCLEAR = 0, 1, 3


def check(
    candidate: Path,
    /,
    *,
    baseline: Path,
    tolerance: Annotated[list[str] | None, Parameter(negative_iterable=())] = None,
    junit: Path | None = None,
    json: Flag = False,
    allow_inconclusive: Flag = False,
    update_baseline: Flag = False,
    anchor: Path | None = None,
    calibrate: Path | None = None,
    suite: str | None = None,
    until_decided: Flag = False,
    most_seeds: int = MOST_SEEDS,
) -> int:
    """Fail where robustness regressed: exit code 0 ok, 1 a regression, 3 too little evidence to say.

    A measure regresses where 'worse by at most its tolerance' is rejected at 2 % in all, by Holm over measures; it is
    ok where 'worse by at least its tolerance' is rejected at 5 %; else it is inconclusive. A flag such as
    gradient_masking that the baseline lacks is never ok.

    Parameters
    ----------
    candidate
        A record, or a folder of records.
    baseline
        The record or folder that it is held against. Two single records compare whatever their augmentation or seed;
        folders match on suite, backbone and augmentation, over all seeds.
    tolerance
        MEASURE=X in the measure's own unit, such as clean.top1_error=0.02; may be given several times. The defaults
        stand in docs/gate.md; the suite's calibration may widen them.
    junit
        Also write the findings there as JUnit XML.
    json
        Print the findings as JSON on stdout.
    allow_inconclusive
        Exit with 0 where the evidence is too little; not where records that the baseline has are missing.
    update_baseline
        Afterwards copy the candidate over the baseline, or make it, and exit with 0.
    anchor
        An older baseline that stays, as a record or a folder: the candidate is held against it too, so that small steps
        do not add up unseen.
    calibrate
        A runs folder with several seeds of this suite's methods: how much trainings differ is taken from it, and kept
        in calibration/ beside the baseline for every later check.
    suite
        The suite's name or TOML file, for the trainings that would decide; else the record's own where it is shipped.
    until_decided
        Where it is inconclusive, make the candidate's trainings that would decide, into its folder.
    most_seeds
        With --until-decided: how many seeds a row of the candidate may come to have.
    """
    limits = parse_tolerances(tolerance or ())
    if junit is not None:
        check_place("--junit", junit)
    if calibrate is not None:
        for path in make_calibrations(calibrate, baseline):
            sys.stderr.write(f"mixbench: calibration {plain(str(path))} made\n")
    judged = partial(gate, candidate, baseline, limits, anchor, suite)
    try:
        found = decided(judged, most_seeds) if until_decided else judged()
    except MixBenchError as error:
        # A new baseline is asked for most of all where the old one is missing, broken or of another suite.
        if not update_baseline:
            _tell_github([refusal_command(str(error))], refusal_summary(str(error)))
            raise
        sys.stderr.write(f"mixbench: not compared: {error}\n")
        return _updated({}, candidate, baseline, json)
    code = exit_code(found, allow_inconclusive)
    if junit is not None:
        _write_junit(junit, found, allow_inconclusive)
    _tell_github(workflow_commands(found, allow_inconclusive), summary(found))
    if not json:
        console().print(check_tables(found), crop=False)
    listed = check_json(found, OK if update_baseline else code)
    if update_baseline:
        return _updated(listed, candidate, baseline, json)
    if json:
        print_json(listed)
    return code


def exit_code(found: Check, allow_inconclusive: bool) -> int:
    """Return the exit code of a verdict."""
    if found.verdict is Verdict.REGRESSION:
        return REGRESSED
    return OK if found.passes(allow_inconclusive) else UNCLEAR


def _updated(listed: dict[str, Any], candidate: Path, baseline: Path, json: bool) -> int:
    lines = write_baseline(records_at(candidate, "candidate"), baseline)
    if json:
        print_json({**listed, "updated": lines})
    else:
        for line in lines:
            console().print(line, markup=False, emoji=False, soft_wrap=True)
    return OK


def _write_junit(path: Path, found: Check, allow_inconclusive: bool) -> None:
    # Its library is loaded by those who ask for it.
    from mixbench.gate.junit import check_junit

    write_file("--junit", path, check_junit(found, allow_inconclusive))


def _tell_github(commands: Sequence[str], summed_up: str) -> None:
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    # GitHub reads its commands from both streams, and stdout may be JSON.
    sys.stderr.write("".join(f"{line}\n" for line in commands))
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(summed_up)
        except OSError as error:
            sys.stderr.write(f"mixbench: no step summary: {error.strerror or error}\n")
