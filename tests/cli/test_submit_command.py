"""`mixbench submit`, `mixbench boards` and `mixbench rows` as they are called."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from boards import GOLDEN, content, write_board, write_record, write_rows
from tiny import plan_of, suite_path

from mixbench.augment.table import BY_NAME
from mixbench.board.regenerate import stray_files
from mixbench.cli import boards as boards_command
from mixbench.results.record import load_record, seal
from mixbench.spec.errors import MixBenchError


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


def on_board(board: Path) -> set[str]:
    return {str(path.relative_to(board)) for path in board.rglob("*") if path.is_file()}


def test_a_good_record_is_validated_put_among_the_claims_and_the_git_steps_are_said(mixbench, tmp_path):
    here = tmp_path / "here"
    subprocess.run(["git", "init", "-q", here], check=True)
    path = written(tmp_path / "runs", golden())
    said = mixbench("submit", path, "--suite", suite_path())
    assert (said.code, said.err) == (0, ""), said
    home = here / "leaderboards" / "tiny" / "claims"
    (claim,) = home.glob("*.json")
    assert on_board(here / "leaderboards") == {
        f"tiny/claims/{claim.with_suffix(end).name}" for end in (".json", ".npz")
    }
    lines = said.out.splitlines()
    assert lines[0] == f"added leaderboards/tiny/claims/{claim.name}"
    steps = [line.strip() for line in lines[lines.index("Next:") + 1 :]]
    assert [step.split()[:2] for step in steps[:4]] == [["git", word] for word in ("switch", "add", "commit", "push")]
    assert steps[1] == "git add leaderboards/tiny/claims"
    # The steps are run as they are printed, and leave nothing over.
    subprocess.run(["bash", "-e", "-c", "\n".join(steps[:2])], cwd=here, check=True)
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    untracked = subprocess.run(status, cwd=here, capture_output=True, text=True, check=True).stdout
    assert sorted(line[:2] for line in untracked.splitlines()) == ["A ", "A "]
    again = mixbench("submit", path, "--suite", suite_path())
    assert again.out.splitlines() == [f"already there: {path}"]
    said = mixbench("leaderboard")
    assert "cutmix?" in said.out
    assert "claimed: consistent, nobody has run it again" in " ".join(said.out.split())
    assert mixbench("validate", "leaderboards", "--suite", suite_path()).code == 0


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
        (
            ["submit", "{record}", "--trust-source"],
            "--trust-source and --runs are for --rerun or --train-only, which run sources",
        ),
        (
            ["submit", "{record}", "--runs", "r"],
            "--trust-source and --runs are for --rerun or --train-only, which run sources",
        ),
        (["submit", "{record}", "--suite", "nonsense"], "unknown suite 'nonsense'"),
        (
            ["submit", "{record}", "--board", "no/such/board"],
            "board no/such/board: needed a folder",
        ),
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
    assert "contributed" in mixbench("leaderboard", "--format", "markdown").out
    assert mixbench("validate", path, "--suite", suite_path()).code == 0
    boards_command.boards(board=board)
    boards_command.rows(next((board / "tiny" / "claims").glob("*.json")))
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


def test_boards_makes_anew_and_checks_and_names_what_is_strange(tmp_path, capsys):
    board = write_board(tmp_path / "board", outcomes=True)
    write_record(board / "tiny" / "claims", content("cutout", 0), outcomes=True)
    assert boards_command.boards(board=board) == 0
    before = (board / "tiny" / "board.md").read_text()
    assert "mixup" in before
    assert "cutout" not in before
    assert boards_command.boards(board=board, check=True) == 0
    (board / "tiny" / "board.md").write_text("edited")
    capsys.readouterr()
    assert boards_command.boards(board=board, check=True) == 1
    assert capsys.readouterr().err == f"{board}/tiny/board.md: not what the records give; run mixbench boards\n"
    assert (board / "tiny" / "board.md").read_text() == "edited"
    assert boards_command.boards(board=board) == 0
    assert (board / "tiny" / "board.md").read_text() == before
    for stray in ("tiny/records/x.npz", "tiny/claims/.hidden", "tiny/x", "x"):
        (board / stray).touch()
        assert boards_command.boards(board=board, check=True) == 1
        assert f"{board}/{stray}: belongs to no record on this board" in capsys.readouterr().err
        (board / stray).unlink()
    (board / "README.md").touch()
    (board / "published").mkdir()
    assert boards_command.boards(board=board, check=True) == 0


def test_records_of_a_method_that_has_a_newer_version_leave_the_board_and_stay_valid(tmp_path, mixbench, monkeypatch):
    home = tmp_path / "here" / "leaderboards" / "tiny" / "records"
    path, other = written(home, golden()), write_record(home, content("erm", 0), outcomes=True)
    assert mixbench("boards").code == 0
    assert "`cutmix`" in (home.parent / "board.md").read_text()
    monkeypatch.setattr(BY_NAME["cutmix"], "version", BY_NAME["cutmix"].version + 1)
    said = mixbench("boards", "--check")
    assert (said.code, said.err) == (
        1, f"leaderboards/tiny/records/{path.name}: of an older version of a method; run mixbench boards\n"
    )  # fmt: skip
    said = mixbench("boards")
    moved = home.parent / "superseded" / path.name
    assert f"leaderboards/tiny/superseded/{path.name}: moved there" in said.out
    assert {each.name for each in home.iterdir()} == {other.name, other.with_suffix(".npz").name}
    assert load_record(moved).augmentation.startswith("cutmix")
    assert moved.with_suffix(".npz").is_file()
    assert "`cutmix`" not in (home.parent / "board.md").read_text()
    assert "cutmix" not in {row.split(",")[0].strip('"') for row in mixbench("leaderboard", "--format", "csv").out}
    assert mixbench("boards", "--check").code == 0
    assert mixbench("validate", moved, "--suite", suite_path()).code == 0
    # What a kill between its two files leaves is moved by the next call.
    shutil.move(moved, home)
    assert mixbench("boards").code == 0
    assert moved.is_file()


def test_rows_are_those_of_the_records_with_interval_and_status(tmp_path, capsys):
    record = written(tmp_path / "board" / "tiny" / "claims", golden())
    boards_command.rows(record)
    text = capsys.readouterr().out
    first, row = text.splitlines()[:2]
    assert first == "tiny version 1, backbone test_resnet, 1 row(s)"
    assert row.startswith("  cutmix, 1 seed(s), claimed: consistent, nobody has run it again")
    reading = load_record(record).readings["clean.top1_error"]
    value, low, high = (f"{100 * each:.1f}" for each in (reading.value, reading.low, reading.high))
    assert f"\n    clean.top1_error                {value} [{low}, {high}]" in text
    boards_command.rows(record, markdown=True)
    assert "| `cutmix` | claimed: consistent, nobody has run it again | 1 |" in capsys.readouterr().out
    with pytest.raises(MixBenchError, match="needed a record on a board"):
        boards_command.rows(written(tmp_path / "runs", golden()))


def test_a_record_in_another_suites_folder_is_strange(tmp_path):
    paths = write_rows(tmp_path / "board" / "other" / "records", {"erm": {"clean.top1_error": [0.1]}}, outcomes=True)
    assert stray_files(tmp_path / "board") == sorted([*paths, *(path.with_suffix(".npz") for path in paths)])
    (tmp_path / "board" / "other").rename(tmp_path / "board" / "tiny")
    assert stray_files(tmp_path / "board") == []
