"""`mixbench leaderboard` as its user calls it."""

import csv
import io
import json
import re

import pytest
from boards import ROWS, content, write_board, write_record, write_rows

from mixbench.cli.leaderboard import FORMATS
from mixbench.results.measures import HEADLINE
from mixbench.spec.digest import digest


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = write_board(tmp_path_factory.mktemp("command"))
    return write_board(folder, suite="other")


def test_one_table_a_suite(mixbench, board):
    said = mixbench("leaderboard", "--board", board)
    assert said.code == 0, said.err
    _, *suites = re.split(r"^(?=\w+ version 1, backbone test_resnet)", said.out, flags=re.MULTILINE)
    assert {part.split()[0]: "\ncutmix " in part for part in suites} == {"tiny": True, "other": True}


def test_a_suite_a_family_and_a_sort(mixbench, board):
    words = ("--suite", "tiny@1", "--family", "mixing", "--sort", "calibration.ece", "--measure", "calibration")
    said = mixbench("leaderboard", "--board", board, *words)
    assert said.code == 0, said.err
    assert "other" not in said.out
    assert "erm" not in said.out
    assert said.out.index("cutmix ") < said.out.index("mixup ")
    assert "brier" in said.out


def test_the_records_of_other_suites_are_not_read(mixbench, tmp_path):
    write_board(tmp_path)
    write_board(tmp_path, suite="other")
    whole = mixbench("leaderboard", "--board", tmp_path, "--suite", "tiny").out
    for path in (tmp_path / "other" / "records").glob("*.json"):
        path.write_text("broken")
    assert mixbench("leaderboard", "--board", tmp_path, "--suite", "tiny@1").code == 2
    said = mixbench("leaderboard", "--board", tmp_path, "--suite", "tiny")
    assert (said.code, said.out) == (0, whole)
    assert "tiny version 1" in whole
    assert mixbench("leaderboard", "--board", tmp_path, "--suite", "../tiny").code == 2


def test_csv_and_json_are_all_that_is_printed(mixbench, board):
    rows = list(csv.DictReader(io.StringIO(mixbench("leaderboard", "--board", board / "tiny", "--format", "csv").out)))
    assert {row["augmentation"] for row in rows} == set(ROWS)
    assert list(rows[0])[:2] == ["suite", "suite_version"]
    assert len(json.loads(mixbench("leaderboard", "--board", board, "--format", "json").out)["groups"]) == 2


def test_the_board_here_comes_before_the_runs_folder(mixbench, board, tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_RUNS", str(tmp_path / "runs"))
    write_record(tmp_path / "runs", content("erm", 0, suite="mine"))
    assert "mine version 1" in mixbench("leaderboard").out
    write_rows(tmp_path / "here" / "leaderboards" / "ours" / "records", ROWS, suite="ours")
    said = mixbench("leaderboard")
    assert "ours version 1" in said.out
    assert "mine" not in said.out


def test_every_format_has_a_writer_of_its_own(mixbench, board):
    texts = {
        kind: mixbench("leaderboard", "--board", board, "--format", kind).out for kind in FORMATS if kind != "html"
    }
    assert len(set(texts.values())) == len(texts)


def test_out_writes_every_format(mixbench, board, tmp_path, monkeypatch):
    files = {"index.html": b"", "a/b.js": b"1"}
    monkeypatch.setattr("mixbench.board.page.page.page_files", lambda board, measures: files)
    for kind in ("table", "markdown", "csv", "json", "latex"):
        said = mixbench("leaderboard", "--board", board, "--format", kind, "--out", tmp_path / kind)
        assert (said.code, said.out) == (0, ""), said.err
        assert "cutmix" in (tmp_path / kind).read_text()
    said = mixbench("leaderboard", "--board", board, "--format", "html", "--out", tmp_path / "page")
    assert said.code == 0, said.err
    assert (tmp_path / "page" / "a" / "b.js").read_bytes() == b"1"
    assert str(tmp_path / "page" / "index.html") in said.out


@pytest.mark.parametrize(("words", "shown"), [((), HEADLINE), (("--measure", "calibration.nll"), ("calibration.nll",))])
def test_the_page_shows_the_chosen_measures_first(mixbench, board, tmp_path, monkeypatch, words, shown):
    monkeypatch.setattr("mixbench.board.page.page.vendor_files", dict)
    monkeypatch.setattr("mixbench.board.page.page._index", bytes)
    said = mixbench("leaderboard", "--board", board, "--format", "html", "--out", tmp_path / "page", *words)
    assert said.code == 0, said.err
    frame = (tmp_path / "page" / "data.js").read_text().splitlines()[0]
    assert f'"shownFirst":{json.dumps(list(shown), separators=(",", ":"))}' in frame


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--suite", "tinny"), "Did you mean 'tiny'"),
        (("--format", "cvs"), "Did you mean 'csv'"),
        (("--sort", "clean.top1"), "Did you mean 'clean.top1_error'"),
        (("--sort", ""), "unknown measure"),
        (("--measure", "calibratoin"), "Did you mean 'calibration'"),
        (("--family", "loss"), "family loss: needed one with a row here, which baseline, mixing have"),
        (("--format", "html"), "needed --out FOLDER"),
        (("--out", "/dev/null/x"), "needed to write there"),
    ],
)
def test_what_cannot_be_shown_is_one_line(mixbench, board, words, reason):
    said = mixbench("leaderboard", "--board", board, *words)
    assert said.code == 2
    assert reason in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


def test_an_empty_or_broken_board_is_one_line(mixbench, tmp_path):
    assert "needed a folder" in mixbench("leaderboard", "--board", tmp_path / "none").err
    (tmp_path / "empty").mkdir()
    assert "needed records" in mixbench("leaderboard", "--board", tmp_path / "empty").err
    (tmp_path / "empty" / "bad\x1b[31m.json").write_text("{")
    said = mixbench("leaderboard", "--board", tmp_path / "empty")
    assert said.code == 2
    assert "bad\\x1b[31m.json" in said.err
    assert "\x1b" not in said.err


@pytest.mark.parametrize("part", ["value", "low", "high", "curve"])
def test_a_number_that_no_model_reads_is_one_line(mixbench, tmp_path, part):
    for seed in range(3):
        made = content("erm", seed)
        if part == "curve":
            made["curves"]["fgsm.white"]["top1_error"] = [-1e200]
        else:
            made["readings"]["calibration.nll"][part] = 1e200 * (1 + seed)
        made = {**made, "digest": digest(made)}
        (tmp_path / f"{seed}.json").write_text(json.dumps(made))
    said = mixbench("leaderboard", "--board", tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "0.json" in said.err
    assert "(got " in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("words", [("--sort", "noise80.test_error_last"), ("--measure", "noise80")])
def test_a_measure_that_no_row_has_is_one_line_in_every_format(mixbench, tmp_path, words):
    write_record(tmp_path / "few", content("erm", 0, only=["clean.top1_error"]))
    for kind in FORMATS:
        said = mixbench("leaderboard", "--board", tmp_path / "few", "--format", kind, "--out", tmp_path / kind, *words)
        assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
        assert "noise80" in said.err
        assert not (tmp_path / kind).exists()


def test_no_line_ends_in_blanks(mixbench, board, tmp_path):
    lines = mixbench("leaderboard", "--board", board, "--explain").out.splitlines()
    assert mixbench("leaderboard", "--board", board, "--explain", "--out", tmp_path / "board.txt").code == 0
    lines += (tmp_path / "board.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    assert [line for line in lines if line != line.rstrip()] == []
