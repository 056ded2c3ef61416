"""Records onto a board: written anew among the claims, all or nothing, and the same call goes on after a kill."""

import functools
import hashlib
import io
import itertools
import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from boards import content, write_record
from forging import golden

from mixbench.board.regenerate import is_suite
from mixbench.results.outcomes import load_outcomes
from mixbench.results.record import identity, load_record, seal
from mixbench.spec.errors import MixBenchError
from mixbench.spec.regular import read_regular
from mixbench.submission.judge import Reason
from mixbench.submission.submit import settle, submit, verify


def accept(path, others):
    return []


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_record_arrives_as_a_claim_and_nothing_else_is_touched(runs, board):
    (board / "tiny").mkdir(parents=True)
    (board / "tiny" / "board.md").write_text("mine")
    done = submit(runs, board, accept)
    assert (done.present, done.reasons) == ([], [])
    assert {path.parent for path in done.added} == {board / "tiny" / "claims"}
    assert set(tree(board)) == {"tiny/board.md"} | {
        f"tiny/claims/{path.with_suffix(end).name}" for path in done.added for end in (".json", ".npz")
    }
    assert [load_record(path).seed for path in done.added] == [0, 1, 2]
    for path in done.added:
        found = load_record(path)
        assert found.outcomes.file == path.with_suffix(".npz").name
        assert path.stem.endswith(f"-seed{found.seed}-{found.outcomes.sha256[:8]}")
        assert hashlib.sha256(path.with_suffix(".npz").read_bytes()).hexdigest() == found.outcomes.sha256


def padded(packed: bytes) -> bytes:
    """The same arrays in another order, with a comment on a member and in another packing."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(target, "w") as archive:
        for name in reversed(source.namelist()):
            member = zipfile.ZipInfo(name)
            member.comment = b"free text"
            archive.writestr(member, source.read(name))
    return target.getvalue()


def test_what_is_taken_is_written_anew_so_that_no_byte_of_the_submitter_s_files_is_left(tmp_path):
    it = golden()
    plain = it.write(tmp_path)
    clean = submit([plain], tmp_path / "a", accept).added[0]
    it.packed = padded
    it.content["readings"]["calibration.nll"]["value"] *= 1 + 1e-12
    it.content["curves"]["between.miss_mixup"]["mean"][0] += 1e-14
    it.text = lambda text: json.dumps(json.loads(text), indent=7)
    (tmp_path / "other").mkdir()
    odd = it.write(tmp_path / "other").rename(tmp_path / "other" / "my best; $(touch x).json")
    assert submit([odd], tmp_path / "b", accept).reasons == []
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert load_record(clean).seed == 0


def test_a_claim_written_anew_stays_as_it_is(tmp_path):
    (first,) = submit([golden().write(tmp_path)], tmp_path / "a", accept).added
    submit([first], tmp_path / "b", accept)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_what_is_there_already_is_said_and_changes_nothing(runs, board):
    submit(runs[:1], board, accept)
    before = {path: path.stat().st_ino for path in board.rglob("*")}
    done = submit(runs[:1], board, lambda path, others: [Reason("", "never asked")])
    assert (done.present, done.added) == ([runs[0]], [])
    assert {path: path.stat().st_ino for path in board.rglob("*")} == before


def test_records_of_several_suites_each_go_to_their_own(runs, board, tmp_path):
    other = write_record(tmp_path / "runs", content("erm", 0, suite="small"), outcomes=True)
    submit([runs[0], other], board, accept)
    assert {name.split("/")[0] for name in tree(board)} == {"tiny", "small"}


def test_one_reason_against_one_record_and_nothing_is_changed(runs, board):
    submit(runs[:1], board, accept)
    before = tree(board)

    def judge(path, others):
        return [Reason(str(path), "too good"), Reason(str(path), "too old")] if load_record(path).seed == 2 else []

    done = submit(runs, board, judge)
    assert done.reasons == [Reason(str(runs[2]), "too good"), Reason(str(runs[2]), "too old")]
    assert tree(board) == before


def test_the_judge_sees_what_is_written_and_the_records_beside_it(runs, board):
    seen = []

    def judge(path, others):
        seen.append((path.read_bytes(), [found.record.seed for found in others]))
        # Whoever changes the submitted file now comes too late.
        runs[1].write_bytes(b"changed")
        return []

    submit(runs[:1], board, accept)
    content = runs[1].read_bytes()
    (added,) = submit([runs[1]], board, judge).added
    assert seen == [(content, [0])]
    assert load_record(added).seed == 1


def test_two_of_one_identity_in_one_submission_are_judged_beside_each_other(runs, board, tmp_path):
    twin = write_record(tmp_path / "again", content("erm", 0, trainings={"model": "0" * 64}), outcomes=True)
    twin.with_suffix(".npz").write_bytes(changed(runs[0]))
    judged = []
    submit([runs[0], twin], board, lambda path, others: judged.append(len(others)) or [])
    assert judged == [0, 1]


def changed(record: Path) -> bytes:
    target = io.BytesIO()
    outcomes = load_outcomes(record.with_suffix(".npz"))
    outcomes["model.train_loss"] = outcomes["model.train_loss"] + 0.5
    np.savez_compressed(target, **outcomes)
    return target.getvalue()


def test_identity_is_told_apart_by_suite_battery_backbone_augmentation_seed_and_versions(tmp_path):
    changes = [
        {}, {"seed": 1}, {"aug": "cutout"}, {"suite": "small"}, {"version": 2}, {"backbone": "other"},
        {"battery_version": 2}, {"method_versions": {"erm": 2}},
    ]  # fmt: skip
    made = [load_record(write_record(tmp_path / str(place), content(**each))) for place, each in enumerate(changes)]
    assert len({identity(record) for record in made}) == len(changes)
    assert identity(made[0]) == identity(load_record(write_record(tmp_path / "x", content(flags=["a"]))))


@pytest.mark.parametrize("suite", ["published", "../out", ".submit", "a/b", "", "A", "x\n"])
def test_a_suite_whose_name_is_no_folder_s_is_refused(board, tmp_path, suite):
    assert not is_suite(suite)
    made = {**content(), "suite": suite}
    made["outcomes"]["file"] = "record.npz"
    (tmp_path / "record.json").write_bytes(seal(made))
    (tmp_path / "record.npz").touch()
    (reason,) = submit([tmp_path / "record.json"], board, accept).reasons
    assert reason.reason.startswith("suite: needed a name such as digits")
    assert not board.exists()


def test_external_records_and_those_of_older_methods_are_refused(board, tmp_path, monkeypatch):
    from mixbench.augment.table import BY_NAME

    path = write_record(tmp_path / "runs", content("external", None), outcomes=True)
    (reason,) = submit([path], board, accept).reasons
    assert reason.reason.startswith("augmentation: weights that were trained elsewhere")
    path = write_record(tmp_path / "runs", content("cutout", 0), outcomes=True)
    monkeypatch.setattr(BY_NAME["cutout"], "version", 2)
    (reason,) = submit([path], board, accept).reasons
    assert reason.reason == "method_versions: of cutout there is a newer version; measure again"
    assert not board.exists()


def test_a_broken_record_is_left_to_the_judge_and_refused_even_where_he_is_silent(board, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{}")
    told = [Reason("", "one"), Reason("", "two")]
    assert [each.reason for each in submit([path], board, lambda path, others: told).reasons] == ["one", "two"]
    assert "missing" in submit([path], board, accept).reasons[0].reason


def test_missing_outcomes_links_pipes_and_folders_are_refused(runs, board, tmp_path):
    runs[0].with_suffix(".npz").unlink()
    link, pipe = tmp_path / "link.json", tmp_path / "pipe.json"
    link.symlink_to(runs[1])
    os.mkfifo(pipe)
    outcomes = runs[2].with_suffix(".npz")
    outcomes.rename(tmp_path / "elsewhere.npz")
    outcomes.symlink_to(tmp_path / "elsewhere.npz")
    reasons = submit([runs[0], link, pipe, tmp_path, runs[2]], board, accept).reasons
    assert [reason.path for reason in reasons] == [str(path) for path in (runs[0], link, pipe, tmp_path, runs[2])]
    assert ["no link" in each.reason for each in reasons] == [True, True, False, False, True]
    assert all("regular file" in each.reason for each in reasons[2:4])
    assert not board.exists()


@pytest.mark.parametrize("place", ["", "tiny", "tiny/claims"])
@pytest.mark.parametrize("target", ["folder", "file", "nothing"])
def test_nothing_is_written_through_a_link_on_the_board(runs, board, tmp_path, place, target):
    outside = tmp_path / "outside"
    {"folder": outside.mkdir, "file": outside.touch, "nothing": lambda: None}[target]()
    (board / place).parent.mkdir(parents=True, exist_ok=True)
    (board / place).symlink_to(outside)
    with pytest.raises(MixBenchError, match="is a link or no folder; remove it"):
        submit(runs[:1], board, accept)
    assert target != "folder" or list(outside.iterdir()) == []
    assert target != "file" or outside.read_bytes() == b""
    assert target != "nothing" or not outside.exists()


class Killed(BaseException):
    """Ends a call wherever it is, as a kill does."""


def killed_at(number: int, monkeypatch, act) -> bool:
    """Do it until its n-th file is put in place or removed; False where it has fewer."""
    left = [number]

    def stopping(method):
        def stop(self, *arguments, **named):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return method(self, *arguments, **named)

        return stop

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopping(Path.replace))
        patch.setattr(Path, "unlink", stopping(Path.unlink))
        try:
            act()
        except Killed:
            return True
    return False


def whole(folder: Path) -> bool:
    """Whether every record has its outcomes and every file is one that was meant, but for outcomes ahead of theirs."""
    for path in folder.rglob("*.json"):
        found = load_record(path)
        outcomes = path.with_name(found.outcomes.file)
        if not outcomes.exists() and path.parent.name == "claims":
            # It is on its way out, since somebody has run it again.
            return any(folder.glob("*/records/*.json"))
        if hashlib.sha256(outcomes.read_bytes()).hexdigest() != found.outcomes.sha256:
            return False
    return True


def kept(folder: Path) -> dict[str, bytes]:
    return {name: each for name, each in tree(folder).items() if not name.endswith(".partial")}


@pytest.fixture
def kills(tmp_path, monkeypatch):
    """Kill an act on a board at each of its steps, look at the board, and do the rest; say how many steps it has."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)

    def kill(prepare, act, rest, goal) -> int:
        for number in itertools.count(1):
            board = tmp_path / str(number)
            prepare(board)
            was_killed = killed_at(number, monkeypatch, lambda board=board: act(board))
            assert whole(board)
            rest(board)
            assert kept(board) == goal
            if not was_killed:
                return number
        raise AssertionError

    return kill


def test_killed_anywhere_a_submission_leaves_whole_files_and_the_same_call_ends_well(runs, tmp_path, kills):
    def act(board):
        submit(runs[:1], board, accept)

    act(tmp_path / "goal")
    # Two files, each put in place and its temporary name removed.
    assert kills(Path.mkdir, act, act, tree(tmp_path / "goal")) == 5


def claimed(runs, board: Path) -> list[Path]:
    return submit(runs[:2], board, accept).added


def test_a_record_that_was_run_again_takes_the_place_of_the_claims_to_it(runs, board):
    claims = claimed(runs, board)
    other = claims[0].with_name("tiny-another.json")
    shutil.copy(claims[0], other)
    done = verify(runs[:1], board, accept)
    assert [path.parent.name for path in done.added] == ["records"]
    assert sorted(path.name for path in (board / "tiny" / "claims").glob("*.json")) == [claims[1].name]
    assert "erm" in (board / "tiny" / "board.md").read_text()
    assert settle(claims[1], board) is False


def test_killed_anywhere_a_rerun_s_record_is_whole_and_the_next_call_removes_the_claim(runs, tmp_path, kills):
    submit(runs[:1], tmp_path / "claimed", accept)

    def act(board):
        verify(runs[:1], board, accept)

    def rest(board):
        claims = list((board / "tiny" / "claims").glob("*.json"))
        assert not claims or settle(claims[0], board) or act(board) is None

    submit(runs[:1], tmp_path / "goal", accept)
    act(tmp_path / "goal")
    prepare = functools.partial(shutil.copytree, tmp_path / "claimed")
    assert kills(prepare, act, rest, tree(tmp_path / "goal")) > 7


def test_a_file_beyond_its_size_is_not_read_whole(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * 11)
    assert read_regular(path, 11) == b"x" * 11
    with pytest.raises(MixBenchError, match="at most 10 bytes"):
        read_regular(path, 10)
