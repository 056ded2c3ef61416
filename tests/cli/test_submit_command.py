"""`mixbench submit`, `mixbench boards` and `mixbench rows` as they are called."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from boards import GOLDEN, content, write_record, write_rows
from tiny import plan_of, suite_path

from mixbench.board.regenerate import stray_files
from mixbench.cli import boards as boards_command
from mixbench.cli import submit as submit_command
from mixbench.results.record import load_record, seal
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite


def golden(**changes) -> dict:
    """The golden record's content as it would be submitted: measured by code that was committed."""
    made = json.loads(next(GOLDEN.glob("*.json")).read_bytes())
    del made["digest"]
    made["provenance"]["dirty"] = False
    return {**made, **changes}


def written(folder: Path, made: dict) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    source = next(GOLDEN.glob("*.npz"))
    shutil.copyfile(source, folder / made["outcomes"]["file"])
    path = folder / source.with_suffix(".json").name
    path.write_bytes(seal(made))
    return path


@pytest.fixture
def valid(monkeypatch):
    """Whatever is submitted, nothing speaks against it."""
    monkeypatch.setattr(submit_command, "reasons_against", lambda path, known, others: [])


def on_board(board: Path) -> set[str]:
    return {str(path.relative_to(board)) for path in board.rglob("*") if path.is_file() and ".submit" not in path.parts}


def test_a_good_record_is_validated_put_on_the_board_and_the_git_steps_are_said(mixbench, tmp_path):
    here = tmp_path / "here"
    subprocess.run(["git", "init", "-q", here], check=True)
    path = written(tmp_path / "runs", golden())
    said = mixbench("submit", path, "--suite", suite_path())
    assert (said.code, said.err) == (0, ""), said
    home = here / "leaderboards" / "tiny"
    assert (home / "records" / path.name).read_bytes() == path.read_bytes()
    assert (home / "records" / path.with_suffix(".npz").name).read_bytes() == path.with_suffix(".npz").read_bytes()
    assert "cutmix" in (home / "board.md").read_text()
    assert (home / "page" / "index.html").is_file()
    lines = said.out.splitlines()
    assert lines[0] == f"added leaderboards/tiny/records/{path.name}"
    steps = [line.strip() for line in lines[lines.index("Next:") + 1 :]]
    assert [step.split()[:2] for step in steps[:4]] == [["git", word] for word in ("switch", "add", "commit", "push")]
    assert steps[1] == "git add leaderboards/tiny"
    # The steps are run as they are printed; the workshop is none of git's business.
    subprocess.run(["bash", "-e", "-c", "\n".join(steps[:2])], cwd=here, check=True)
    added = subprocess.run(
        ["git", "diff", "--cached", "--name-only"], cwd=here, capture_output=True, text=True, check=True
    )
    assert f"leaderboards/tiny/records/{path.name}" in added.stdout.splitlines()
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    untracked = subprocess.run(status, cwd=here, capture_output=True, text=True, check=True).stdout
    assert "??" not in untracked
    again = mixbench("submit", path, "--suite", suite_path())
    assert again.out.splitlines() == [f"already there: {path}", "nothing to do: leaderboards is up to date"]


def test_every_reason_is_a_line_on_stderr_the_code_is_1_and_nothing_is_there(mixbench, tmp_path):
    made = golden()
    made["readings"]["clean.top1_error"] = {"value": 0.01, "n": 360, "low": 0.0, "high": 0.02}
    made["provenance"]["dirty"] = True
    path = written(tmp_path / "runs", made)
    said = mixbench("submit", path, "--suite", suite_path(), "--board", tmp_path / "board")
    assert (said.code, said.out) == (1, "")
    lines = said.err.splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines[:-1])
    assert any("clean.top1_error" in line for line in lines)
    assert any("dirty" in line for line in lines)
    assert lines[-1] == f"mixbench: {len(lines) - 1} reasons against it; nothing was changed in {tmp_path / 'board'}"
    assert on_board(tmp_path / "board") == set()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["submit"], "needed a record's .json file, got none"),
        (["submit", "none.json"], "none.json: needed a record's .json file, got nothing there"),
        (["submit", "{record}", "--trust-source"], "--trust-source and --runs are for --rerun"),
        (["submit", "{record}", "--runs", "r"], "--trust-source and --runs are for --rerun"),
        (["submit", "{record}", "--suite", "nonsense"], "unknown suite 'nonsense'"),
        (["submit", "{record}", "--board", "no/such/board"], "board no/such/board: needed to write there"),
    ],
)
def test_wrong_words_are_one_line(mixbench, tmp_path, words, part):
    record = write_record(tmp_path / "runs", content(), outcomes=True)
    said = mixbench(*(word.format(record=record) for word in words))
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert part in said.err
    assert list((tmp_path / "here").iterdir()) == []


@pytest.fixture
def contributed(tmp_path):
    """A record that was made by a stranger's file, which leaves a mark wherever it is executed."""
    marker, file = tmp_path / "marker", tmp_path / "own" / "my_mix.py"
    file.parent.mkdir()
    file.write_text(
        f"open({str(marker)!r}, 'w').close()\n\n\nclass MyMix:\n"
        "    def mix(self, images, targets, rng):\n        return images, targets\n"
    )
    spec = plan_of(suite_path(), f"{file}:MyMix").records[0]
    assert marker.exists()
    marker.unlink()
    sha = hashlib.sha256(file.read_bytes()).hexdigest()
    made = golden(
        augmentation=spec.augmentation,
        method_versions={"my_mix.py:MyMix": sha},
        trainings={role: each.digest for role, each in spec.trainings.items()},
        sources={"my_mix.py:MyMix": {"file": "my_mix.py", "sha256": sha, "text": file.read_text()}},
    )
    return written(tmp_path / "runs", made), marker


def test_a_contributed_record_is_taken_and_marked_and_its_source_never_run(mixbench, tmp_path, contributed, capsys):
    path, marker = contributed
    # Where the command is called lies the very file, as in a submitter's pull request.
    shutil.copy(tmp_path / "own" / "my_mix.py", tmp_path / "here")
    said = mixbench("submit", path, "--suite", suite_path())
    assert said.code == 0, said.err
    board = tmp_path / "here" / "leaderboards"
    assert "contributed" in (board / "tiny" / "board.md").read_text()
    assert mixbench("leaderboard").code == 0
    assert mixbench("validate", path, "--suite", suite_path()).code == 0
    assert boards_command.boards(board=board, check=True) == 0
    boards_command.rows(board / "tiny" / "records" / path.name)
    assert "contributed" in capsys.readouterr().out
    assert not marker.exists()


def test_a_rerun_of_a_contributed_record_without_trust_is_one_line_and_runs_nothing(mixbench, tmp_path, contributed):
    path, marker = contributed
    said = mixbench("submit", path, "--suite", suite_path(), "--rerun")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "contributed method" in said.err
    assert "--trust-source" in said.err
    assert not marker.exists()
    assert list((tmp_path / "here").iterdir()) == []


def test_a_rerun_that_comes_out_otherwise_is_a_reason_and_is_shown(mixbench, tmp_path, valid, monkeypatch):
    from mixbench.cli import rerun

    path = written(tmp_path / "runs", golden())
    other = golden()
    other["readings"]["calibration.nll"] = {"value": 9.0, "n": 360, "low": 8.9, "high": 9.1}
    again = written(tmp_path / "again", other)
    monkeypatch.setattr(rerun, "unfinished_jobs", lambda plan, folder: [])
    monkeypatch.setattr(rerun, "fulfil", lambda plan, folder, listen, tasks: [again])
    said = mixbench("submit", path, "--suite", suite_path(), "--rerun", "--runs", tmp_path / "kept", "--board", "b")
    assert said.code == 1
    assert f"{path}: rerun: calibration.nll 9, the record has" in said.err
    for words in ("calibration.nll", "beyond", "is the same bit for bit", "4 combined standard errors", "5 of 5"):
        assert words in said.out, words
    assert on_board(tmp_path / "here") == set()
    monkeypatch.setattr(rerun, "fulfil", lambda plan, folder, listen, tasks: [path])
    said = mixbench("submit", path, "--suite", suite_path(), "--rerun", "--board", "b")
    assert said.code == 0
    assert f"all {len(load_record(path).readings)} readings" in said.out
    assert "b/tiny/board.md" in on_board(tmp_path / "here")


def test_boards_makes_anew_and_checks_and_names_what_is_strange(tmp_path, mixbench, valid, capsys, monkeypatch):
    path = written(tmp_path / "runs", golden())
    mixbench("submit", path, "--suite", suite_path())
    board = tmp_path / "here" / "leaderboards"
    assert boards_command.boards(board=board, check=True) == 0
    (board / "tiny" / "board.md").write_text("edited")
    assert boards_command.boards(board=board, check=True) == 1
    assert capsys.readouterr().err == f"{board}/tiny/board.md: not what the records give; run mixbench boards\n"
    assert (board / "tiny" / "board.md").read_text() == "edited"
    assert boards_command.boards(board=board) == 0
    assert "cutmix" in (board / "tiny" / "board.md").read_text()
    for stray in ("tiny/records/x.npz", "tiny/records/.hidden", "tiny/x", "x"):
        (board / stray).touch()
        assert boards_command.boards(board=board, check=True) == 1
        assert f"{board}/{stray}: belongs to no record on this board" in capsys.readouterr().err
        (board / stray).unlink()
    (board / "README.md").touch()
    (board / "published").mkdir()
    assert boards_command.boards(board=board, check=True) == 0


def test_rows_are_those_of_the_records_with_interval_and_rank(tmp_path, mixbench, valid, capsys):
    mixbench("submit", written(tmp_path / "runs", golden()), "--suite", suite_path(), "--board", tmp_path / "board")
    (record,) = (tmp_path / "board" / "tiny" / "records").glob("*.json")
    capsys.readouterr()
    boards_command.rows(record)
    text = capsys.readouterr().out
    assert text.startswith("tiny version 1, backbone test_resnet, 1 row(s)\n  cutmix, 1 seed(s)\n")
    # 0.8972 [0.8615, 0.9245] in the golden record.
    assert "\n    clean.top1_error                89.7 [86.2, 92.5]" in text
    boards_command.rows(record, markdown=True)
    assert "| `cutmix` | 1 |" in capsys.readouterr().out
    with pytest.raises(MixBenchError, match="needed a record on a board"):
        boards_command.rows(tmp_path / "runs" / record.name)
    assert load_suite(suite_path()).name == "tiny"


def test_a_record_in_another_suites_folder_is_strange(tmp_path):
    paths = write_rows(tmp_path / "board" / "other" / "records", {"erm": {"clean.top1_error": [0.1]}}, outcomes=True)
    assert stray_files(tmp_path / "board") == sorted([*paths, *(path.with_suffix(".npz") for path in paths)])
    (tmp_path / "board" / "other").rename(tmp_path / "board" / "tiny")
    assert stray_files(tmp_path / "board") == []
