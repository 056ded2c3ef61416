"""The composite action: its scripts run for real, with a stand-in for the command that writes down its words."""

import json
import os
import re
import subprocess
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from children import LIMIT

from mixbench.cli.check import check

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}
STAND_IN = """#!/bin/sh
{ for word in "$@"; do printf '%s\\0' "$word"; done; printf '\\n\\0'; } >> "$CALLS"
exit "${CODE:-0}"
"""


class Ran(NamedTuple):
    """How a step ended, what it called and what it put out."""

    code: int
    calls: list[list[str]]
    output: str


@pytest.fixture
def step(tmp_path):
    """Run a step's script as GitHub does, with the action's inputs and their defaults."""
    command = tmp_path / "bin" / "mixbench"
    command.parent.mkdir()
    command.write_text(STAND_IN)
    command.chmod(0o755)

    def run(name: str, code: int = 0, **inputs: str) -> Ran:
        given = {key: str(each.get("default", "")) for key, each in ACTION["inputs"].items()}
        given |= {key.replace("_", "-"): value for key, value in inputs.items()}
        env = {
            key: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: given[m[1]], text)
            for key, text in STEPS[name]["env"].items()
        }
        env |= {
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "CALLS": str(tmp_path / "calls"),
            "CODE": str(code),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        }
        script = tmp_path / "script.sh"
        script.write_text(STEPS[name]["run"])
        shell = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        ended = subprocess.run(shell, cwd=tmp_path, env=env, check=False, capture_output=True, timeout=LIMIT)
        calls, output = tmp_path / "calls", tmp_path / "output"
        words = [line.split("\0")[:-1] for line in calls.read_text().split("\n\0")[:-1]] if calls.exists() else []
        return Ran(ended.returncode, words, output.read_text() if output.exists() else "")

    return run


def test_the_baseline_is_all_that_is_asked_for():
    assert [key for key, each in ACTION["inputs"].items() if each.get("required")] == ["baseline"]


def test_no_input_is_written_into_a_script():
    for step in STEPS.values():
        assert "${{" not in step["run"]
    assert json.dumps(ACTION).count("inputs.") >= len(ACTION["inputs"])


def test_by_default_it_checks_the_runs(step):
    assert step("check", baseline="base") == Ran(0, [["check", "--baseline=base", "--", "runs"]], "verdict=ok\n")


def test_options_reach_the_command(step):
    ran = step(
        "check", baseline="my base", candidate="-x", tolerances="clean.top1_error=0.02\n\ncalibration.ece=0.1",
        allow_inconclusive="true", junit="out put.xml", anchor="first one",
    )  # fmt: skip
    assert ran.calls == [[
        "check", "--baseline=my base", "--tolerance=clean.top1_error=0.02", "--tolerance=calibration.ece=0.1",
        "--allow-inconclusive", "--junit=out put.xml", "--anchor=first one", "--", "-x",
    ]]  # fmt: skip


@pytest.mark.parametrize("word", ["TRUE", "Yes", "1", " true\r", "False", "no", ""])
def test_true_means_true_however_it_is_written(step, word):
    ran = step("check", baseline="base", allow_inconclusive=word)
    assert ("--allow-inconclusive" in ran.calls[0]) is (word.strip() in ("TRUE", "Yes", "1", "true"))


def test_a_word_that_is_neither_true_nor_false_is_refused(step):
    assert step("check", baseline="base", allow_inconclusive="ture")[:2] == (2, [])


def test_what_is_inconclusive_is_decided_where_it_was_measured_here(step):
    ran = step("check", baseline="base", augmentation="cutmix", suite="my.toml", most_seeds="9")
    words = ["--until-decided", "--most-seeds=9", "--suite=my.toml"]
    assert ran.calls == [["check", "--baseline=base", *words, "--", "runs"]]
    signature(check).bind("runs", baseline="base", until_decided=True, most_seeds=9, suite="my.toml", anchor="first")


@pytest.mark.parametrize(("code", "verdict"), [(1, "regression"), (3, "inconclusive"), (2, "")])
def test_the_commands_exit_code_is_the_steps(step, code, verdict):
    ran = step("check", code, baseline="base")
    assert (ran.code, ran.output) == (code, f"verdict={verdict}\n")


def test_augmentations_are_measured_first(step):
    ran = step("measure", augmentation="cutmix\nmixup(alpha=8) + dropout\n", seeds="0 1", model="resnet18")
    rest = ["--suite=digits", "--runs=runs", "--model=resnet18", "--seed=0", "--seed=1"]
    assert ran.calls == [["eval", "--aug=cutmix", *rest], ["eval", "--aug=mixup(alpha=8) + dropout", *rest]]


@pytest.mark.parametrize(
    "seeds", ["0, 1, 2", "0 1 2", "0,1,2", "[0, 1, 2]", "0\n1\n2\n", "- 0\n- 1\n- 2\n", "'0' \"1\" 2", "0\r\n1\r\n2"]
)
def test_seeds_are_read_as_they_are_commonly_written(step, seeds):
    ran = step("measure", augmentation="cutmix", seeds=seeds)
    assert ran.calls[0][-3:] == ["--seed=0", "--seed=1", "--seed=2"]


def test_blanks_around_a_line_and_the_ends_of_windows_lines_are_no_part_of_it(step):
    ran = step("measure", augmentation="cutmix\r\n  mixup + dropout \r\n")
    assert [call[1] for call in ran.calls] == ["--aug=cutmix", "--aug=mixup + dropout"]
    ran = step("check", baseline="base", tolerances=" clean.top1_error=0.02\r\n")
    assert ran.calls[-1][2] == "--tolerance=clean.top1_error=0.02"


def test_three_seeds_are_measured_unless_said_otherwise(step):
    assert step("measure", augmentation="cutmix").calls[0][-3:] == ["--seed=0", "--seed=1", "--seed=2"]


@pytest.mark.parametrize("seeds", ["0 one", "-1", "0.5", "$(touch pwned)", "*"])
def test_seeds_that_are_no_numbers_are_refused(step, tmp_path, seeds):
    assert step("measure", augmentation="cutmix", seeds=seeds)[:2] == (2, [])
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("gpu", [False, True])
def test_torch_is_the_cpus_unless_there_is_a_gpu(step, tmp_path, gpu):
    for name, text in (("python", STAND_IN), ("nvidia-smi", f"#!/bin/sh\nexit {int(not gpu)}\n")):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (words,) = step("install").calls
    assert words[:3] == ["-m", "pip", "install"]
    assert ("--extra-index-url=https://download.pytorch.org/whl/cpu" in words) is not gpu


def test_what_pip_fetches_is_kept():
    cached = next(step for step in ACTION["runs"]["steps"] if step.get("uses", "").startswith("actions/cache@"))
    assert cached["with"]["path"] == "${{ steps.place.outputs.pip }}"


def test_a_measurement_that_fails_stops_the_step(step):
    ran = step("measure", 2, augmentation="cutmix\nerm")
    assert (ran.code, len(ran.calls)) == (2, 1)


def test_inputs_are_never_commands(step, tmp_path):
    evil = "$(touch pwned)`touch pwned`;touch pwned;'\"*"
    ran = step("measure", augmentation=evil, suite=evil, candidate=evil, model=evil)
    assert ran.calls[0][1] == f"--aug={evil}"
    for more in ({}, {"allow_inconclusive": evil}, {"augmentation": evil, "suite": evil, "most_seeds": evil}):
        step("check", baseline=evil, candidate=evil, tolerances=evil, junit=evil, anchor=evil, **more)
    assert not (tmp_path / "pwned").exists()
