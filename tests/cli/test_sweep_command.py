"""`mixbench sweep`: what it prints, refuses and keeps."""

import io
import json
import re
import shlex
import shutil
import sys

import pytest
from rich.console import Console
from rich.text import Text
from tiny import copied_runs, finished_record, finished_runs, plan_of, suite_path

from mixbench.report.progress import live_progress
from mixbench.runs.cost import ESTIMATED
from mixbench.runs.recording import RecordJob
from mixbench.runs.worker import Message

GRID = ("sweep", "--aug", "cutmix", "--suite", suite_path())
SMOOTH = "+label_smoothing"
# It keeps the rules on the small batches that are tried before anything trains.
BAD = """
from dataclasses import dataclass
from mixbench.augment.protocol import Augmentation

@dataclass(frozen=True)
class Bad(Augmentation):
    version = 1

    def mix(self, images, targets, rng, context=None):
        if len(images) > 8:
            raise ZeroDivisionError("[bold]no[/bold]")
        return images, targets
"""


def test_a_finished_sweep_prints_a_row_an_augmentation_and_where_the_rest_is(mixbench):
    said = mixbench(*GRID, "--aug", "cutmix(alpha=1.0)", "--runs", finished_runs())
    assert said.code == 0
    error = json.loads(finished_record().read_text())["readings"]["clean.top1_error"]["value"]
    (row,) = (line for line in said.out.splitlines() if line.startswith("cutmix"))
    assert row.split()[:3] == ["cutmix", "1/1", f"{100 * error:.1f}"]
    hint = said.out.split("all measures: mixbench ")[1]
    every = mixbench(*shlex.split(hint))
    assert every.code == 0
    assert "train" in every.out
    assert said.err == ""


def test_a_grid_and_a_span_of_seeds_are_planned_like_their_parts(mixbench):
    plan = ("--suite", suite_path(), "--plan", "--json")
    grid = mixbench("sweep", "--aug", "{mixup(alpha={0.2,8}),cutmix}+label_smoothing", "--seed", "0:3", *plan)
    augs = [word for name in ("mixup(alpha=0.2)", "mixup(alpha=8)", "cutmix") for word in ("--aug", name + SMOOTH)]
    parts = mixbench("sweep", *augs, *("--seed", 0, "--seed", 1, "--seed", 2), *plan)
    assert (grid.code, grid.out) == (0, parts.out)


def test_quiet_says_only_where_the_records_lie(mixbench):
    said = mixbench(*GRID, "--runs", finished_runs(), "--quiet")
    assert (said.code, said.out, said.err) == (0, f"{finished_record()}\n", "")


def test_what_a_board_holds_is_left_out(mixbench, tmp_path):
    board = tmp_path / "board" / "tiny" / "records"
    shutil.copytree(finished_runs(), board, ignore=shutil.ignore_patterns("store"))
    words = (*GRID, "--board", tmp_path / "board", "--runs", tmp_path / "none", "--plan", "--json")
    assert json.loads(mixbench(*words).out) == []
    titles = [job["title"] for job in json.loads(mixbench(*words, "--seed", 0, "--seed", 1).out)]
    assert not any("seed 0" in title for title in titles)
    assert sum("seed 1" in title for title in titles) == 5


def test_json_is_an_array_of_the_records_and_nothing_else(mixbench):
    said = mixbench(*GRID, "--runs", finished_runs(), "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out) == [json.loads(finished_record().read_text())]


def test_a_plan_counts_by_augmentation_and_runs_nothing(mixbench, tmp_path):
    words = (*GRID, "--aug", "cutout", "--seed", 0, "--seed", 1, "--seed", 0, "--plan")
    jobs = json.loads(mixbench(*words, "--json", "--runs", finished_runs()).out)
    assert len(jobs) == 2 + 2 * 2 * 5
    assert sum(job["cached"] for job in jobs) == 7
    said = mixbench(*words, "--runs", finished_runs())
    for row in ("shared by all 2 2 ", "cutmix 10 5 ", "cutout 10 0 ", "all 22 7 "):
        assert any(" ".join(line.split()).startswith(row) for line in said.out.splitlines())
    assert "Plan: 4 records" in said.out
    assert mixbench(*words).code == 0
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--aug", "cutmx", "--aug", "mixup", "--aug", "cutot"), "2 of 3 augmentations cannot be"),
        (("--aug", "cutmx"), "Did you mean 'cutmix'?"),
        (("--aug", "cutmix", "--runs", "s3://bucket/runs"), "needed a folder, got a URL; --engine ray takes one"),
        (("--aug", "cutmix", "--engine", "lokal"), "Did you mean 'local'?"),
        (("--aug", "cutmix", "--workers", "0"), "--workers: needed a whole number from 1 to 1024, got 0"),
        (("--aug", "cutmix", "--workers", "-2"), "got -2"),
        (("--aug", "cutmix", "--workers", "two"), "got two"),
        (("--aug", "cutmix", "--workers", "99999999999999999999"), "got 9999"),
        (("--aug", "cutmix", "--seed", "-1"), "--seed: needed 0 or more"),
        (("--aug", "cutmix", "--suite", "digit"), "Did you mean 'digits'?"),
        (("cutmix",), "--aug"),
        ((), "--aug"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_before_anything_runs(mixbench, tmp_path, words, line):
    said = mixbench("sweep", *words)
    assert said.code == 2
    assert line in said.err
    assert len(said.err.splitlines()) == 1
    assert "Traceback" not in said.err
    assert list((tmp_path / "here").iterdir()) == []


def test_all_faulty_specs_are_named_at_once(mixbench):
    err = mixbench("sweep", "--aug", "cutmx", "--aug", "mixup(alpah=1)", "--aug", "mixup").err
    assert "Did you mean 'cutmix'?" in err
    assert "Did you mean 'alpha'?" in err


def test_one_failing_training_leaves_the_rest_and_is_summed_up(mixbench, tmp_path):
    runs, own = copied_runs(tmp_path), tmp_path / "bad.py"
    own.write_text(BAD)
    said = mixbench(*GRID, "--aug", f"{own}:Bad", "--runs", runs, "--workers", 2, "--json")
    assert said.code == 2
    assert [record["augmentation"] for record in json.loads(said.out)] == [
        json.loads(finished_record().read_text())["augmentation"]
    ]
    assert "Failed: 4 of " in said.err
    assert "2 more jobs need these" in said.err
    assert said.err.count("ZeroDivisionError: [bold]no[/bold]") == 4
    assert "Traceback" not in said.err
    assert "failed bad.py:Bad, seed 0" in said.err
    assert len(list(runs.glob("*.json"))) == 1


def test_a_backbone_that_cannot_be_is_one_line_and_no_table(mixbench, tmp_path):
    said = mixbench(*GRID, "--model", "test_resnt", "--runs", tmp_path / "runs")
    assert said.code == 2
    assert "Did you mean 'test_resnet'?" in said.err.splitlines()[-1]
    assert said.out == ""
    assert "Failed" not in said.err


def heard(monkeypatch, terminal: bool, lines: bool, aug: str = "cutmix", width: int = 120) -> str:
    """What a person sees of two jobs and a record, the second job failing, on a screen or in a log."""
    plan = plan_of(suite_path(), aug)
    record = RecordJob.of(plan, plan.records[0])
    text = io.StringIO()
    screen = Console(file=text, force_terminal=terminal, width=width, highlight=False)
    monkeypatch.setattr("mixbench.report.progress.console", lambda stderr: screen)
    first, second = plan.jobs[1:3]
    with live_progress(
        [first, second, record], {job.digest: 60.0 for job in (first, second, record)}, 1, lines
    ) as hear:
        hear(first, Message("started", first.digest))
        hear(first, Message("progress", first.digest, {"epoch": 1, "epochs": 2, "test_error": 0.25}))
        hear(first, Message("done", first.digest))
        hear(record, Message("started", record.digest))
        hear(record, Message("done", record.digest))
        hear(second, Message("started", second.digest))
        hear(second, Message("failed", second.digest, "why"))
    return text.getvalue()


def test_a_log_has_a_line_a_record_and_a_failure(monkeypatch):
    lines = heard(monkeypatch, terminal=False, lines=True).splitlines()
    assert lines[0].startswith("1/1 record of cutmix, seed 0; about ")
    assert lines[1].startswith("failed ")
    assert len(lines) == 2
    assert heard(monkeypatch, terminal=False, lines=False) == ""


def test_a_screen_shows_what_runs_how_much_failed_and_the_time_left(monkeypatch):
    seen = heard(monkeypatch, terminal=True, lines=True)
    assert "record of cutmix, seed 0" in seen
    assert "failed" in seen
    assert " left" in seen


def test_a_narrow_screen_shortens_names_and_never_the_count_or_the_time_left(monkeypatch):
    seen = heard(monkeypatch, terminal=True, lines=True, aug="mixup+dropout(p=0.25)+label_smoothing", width=80)
    rows = [line for line in Text.from_ansi(seen).plain.splitlines() if " all" in line]
    assert "left" in rows[0]
    assert all(re.search(r"\d/3.* left +0:00:0\d", row) for row in rows)
    assert "1 failed, about" in rows[-1]


def test_a_plan_on_a_card_is_an_estimate_and_says_so(mixbench, tmp_path):
    words = (*GRID, "--aug", "regmixup", "--runs", finished_runs())
    said = mixbench(*words, "--plan", "--card", "h100", "--workers", 8)
    text = " ".join(said.out.split())
    assert "on 8 of NVIDIA H100 SXM 80 GB, an estimate and no measurement" in text
    # What the CPU made is no GPU's, so nothing is there already.
    assert "Left: 9 trainings and 3 other jobs" in text
    jobs = json.loads(mixbench(*words, "--plan", "--card", "h100", "--json").out)
    assert {job["source"] for job in jobs} == {ESTIMATED}
    assert all(job["flops"] > job["image_passes"] > 0 < job["stored"] for job in jobs)
    model, twice = (next(job for job in jobs if job["title"] == f"{name}, seed 0") for name in ("cutmix", "regmixup"))
    assert model["flops"] < twice["flops"] < 2 * model["flops"]
    refused = mixbench(*words, "--card", "h100")
    assert (refused.code, "--card h100: needed --plan beside it" in refused.err) == (2, True)
    assert "Did you mean 'h100'?" in mixbench(*words, "--plan", "--card", "h10").err


@pytest.mark.parametrize(
    "words",
    [
        ("eval", "--aug", "erm"),
        ("sweep", "--aug", "erm"),
        ("reproduce", "mixup/table2"),
        ("compare", "erm", "mixup", "--until-decided"),
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("library", ["ray", "fsspec"])
def test_an_engine_whose_library_is_missing_is_one_line_that_names_the_extra(words, library, mixbench, monkeypatch):
    pytest.importorskip("ray", reason="needs the extra ray")
    monkeypatch.setitem(sys.modules, library, None)
    said = mixbench(*words, "--engine", "ray", "--runs", "memory://runs")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert f"needed {library}, got none installed; pip install 'mixbench[ray]'" in said.err
    assert "Did you mean 'local'?" in mixbench(*words, "--engine", "locl").err


def test_a_job_that_is_begun_again_is_told_and_its_row_starts_anew(monkeypatch):
    def again(terminal: bool) -> str:
        plan, text = plan_of(suite_path(), "cutmix"), io.StringIO()
        screen = Console(file=text, force_terminal=terminal, width=120, highlight=False)
        monkeypatch.setattr("mixbench.report.progress.console", lambda stderr: screen)
        job = plan.jobs[1]
        with live_progress([job], {job.digest: 60.0}, 1, lines=True) as hear:
            hear(job, Message("started", job.digest))
            hear(job, Message("progress", job.digest, {"epoch": 1, "epochs": 2, "test_error": 0.25}))
            hear(job, Message("again", job.digest, "its machine died"))
            hear(job, Message("done", job.digest))
        return Text.from_ansi(text.getvalue()).plain

    assert again(terminal=False) == "again cutmix, seed 0: its machine died\n"
    assert "again cutmix, seed 0: its machine died" in again(terminal=True)
