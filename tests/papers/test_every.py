"""`mixbench reproduce --all`: the document is written after every experiment, and says what was not run and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper import EXPERIMENT
from tiny import copied_runs, write_suite

from mixbench.cli import main
from mixbench.cli import reproduce as command
from mixbench.papers import every
from mixbench.papers.experiment import read_experiment

MINE = EXPERIMENT.replace('aug = "mixup"', 'aug = "cutmix"').replace("mixup errs less", "mixup errs | less")
TOLD = "| alpha/mine | tiny.toml | mixup errs \\| less (Table 1) | undecided: too few seeds to tell anything |"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two experiments: one for the tiny suite, and one that has no data and then another suite."""
    monkeypatch.chdir(tmp_path)
    write_suite(tmp_path)
    copied_runs(tmp_path)
    (tmp_path / "alpha").mkdir()
    (tmp_path / "alpha" / "mine.toml").write_text(MINE, encoding="utf-8")
    mine = read_experiment(tmp_path / "alpha" / "mine.toml")
    todo = [(mine, "no-suite"), (mine, "cifar10"), (mine, "tiny.toml")]
    monkeypatch.setattr(command, "all_here", lambda: todo)
    return tmp_path


def test_what_can_be_run_is_judged_and_the_rest_is_said_in_a_line(place: Path) -> None:
    assert main(["reproduce", "--all", "--seeds", "1", "--out", "claims.md"]) == 2
    text = (place / "claims.md").read_text(encoding="utf-8")

    assert "| alpha | 1 | 2 |" in text
    assert "| claims of | undecided | not run |" in text
    assert TOLD in text
    assert "- alpha/mine on no-suite, claims not judged: 1: unknown suite" in text
    assert "- alpha/mine on cifar10, claims not judged: 1: data cifar10: needed" in text
    assert text.count("\n## ") == 2
    assert "`mixbench reproduce alpha/mine --on tiny.toml --seeds 1`" in text
    assert "Not finished" not in text


def test_a_run_that_ends_in_the_middle_leaves_what_is_done_and_goes_on(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, run_one = ["reproduce", "--all", "--seeds", "1", "--out", "claims.md"], every.run_one

    def interrupted(experiment: object, on: str, *rest: object) -> every.Run:
        if on == "cifar10":
            raise KeyboardInterrupt
        return run_one(experiment, on, *rest)

    todo = command.all_here()
    monkeypatch.setattr(command, "all_here", lambda: todo[::-1])
    monkeypatch.setattr(command, "run_one", interrupted)
    assert main(words) == 130
    text = (place / "claims.md").read_text(encoding="utf-8")
    assert "**Not finished: 1 of 3 experiments so far" in text
    assert TOLD in text

    made = {path: path.stat().st_mtime_ns for path in (place / "runs").rglob("manifest")}
    monkeypatch.setattr(command, "run_one", run_one)
    assert main(words) == 2
    assert {path: path.stat().st_mtime_ns for path in (place / "runs").rglob("manifest")} == made
    assert "Not finished" not in (place / "claims.md").read_text(encoding="utf-8")


def test_all_that_runs_in_minutes_is_each_experiment_on_each_of_its_suites() -> None:
    todo = [(each.key, on) for each, on in every.all_here()]

    assert {("mixup/table3", "digits"), ("mixup/figure5", "small"), ("bi-tempered/figure2", "toy")} <= set(todo)
    assert len(todo) == len(set(todo))
