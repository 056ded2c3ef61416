"""Records onto a board: byte for byte, all or nothing."""

import os

import pytest
from boards import content, write_record
from onto import put_on, tree

from mixbench.board.generated import is_suite
from mixbench.results.record import identity, load_record, seal
from mixbench.runs.exchange import WORKSHOP
from mixbench.spec.errors import MixBenchError
from mixbench.submission.judge import Reason
from mixbench.submission.submit import read_regular


def test_record_and_outcomes_arrive_byte_for_byte_and_the_board_is_generated(runs, board):
    done = put_on(board, *runs)
    records = [path for run in runs for path in (run, run.with_suffix(".npz"))]
    assert tree(board) == {
        **{f"tiny/records/{path.name}": path.read_bytes() for path in records},
        "tiny/board.md": "\n".join(sorted(path.name for path in records)).encode(),
        "tiny/page/index.html": b"page",
        "tiny/page/vendor/a.js": b"vendor",
    }
    assert [found.path for found in done.added["tiny"]] == [board / "tiny" / "records" / run.name for run in runs]
    assert (done.present, done.reasons) == ([], [])


def test_names_come_from_the_record_whatever_the_submitter_calls_the_file(runs, board):
    odd = runs[0].rename(runs[0].with_name("my best; $(touch x).json"))
    put_on(board, odd)
    assert (board / "tiny" / "records" / runs[0].name).read_bytes() == odd.read_bytes()


def test_what_is_there_already_is_said_and_changes_nothing(runs, board):
    put_on(board, runs[0])
    before = {path: path.stat().st_ino for path in board.rglob("*") if WORKSHOP not in path.parts}
    done = put_on(board, runs[0], judge=lambda path, others: [Reason("", "never asked")])
    assert (done.present, done.added, done.regenerated) == ([runs[0]], {"tiny": []}, [])
    assert {path: path.stat().st_ino for path in board.rglob("*") if WORKSHOP not in path.parts} == before


def test_records_of_several_suites_each_go_to_their_own(runs, board, tmp_path):
    other = write_record(tmp_path / "runs", content("erm", 0, suite="small"), outcomes=True)
    put_on(board, runs[0], other)
    assert {name.split("/")[0] for name in tree(board)} == {"tiny", "small"}


def test_one_reason_against_one_record_and_nothing_is_changed(runs, board):
    put_on(board, runs[0])
    before = tree(board)

    def judge(path, others):
        return [Reason(str(path), "too good"), Reason(str(path), "too old")] if path.name == runs[2].name else []

    done = put_on(board, *runs, judge=judge)
    assert done.reasons == [Reason(str(runs[2]), "too good"), Reason(str(runs[2]), "too old")]
    assert tree(board) == before


def test_the_judge_sees_the_very_bytes_that_are_published_and_the_records_beside_them(runs, board):
    seen = []

    def judge(path, others):
        seen.append((path.read_bytes(), path.with_suffix(".npz").read_bytes(), [found.path.name for found in others]))
        assert WORKSHOP in path.parts
        # Whoever changes the submitted file now comes too late.
        runs[1].write_bytes(b"changed")
        return []

    put_on(board, runs[0])
    content, outcomes = runs[1].read_bytes(), runs[1].with_suffix(".npz").read_bytes()
    put_on(board, runs[1], judge=judge)
    assert seen == [(content, outcomes, [runs[0].name])]
    assert (board / "tiny" / "records" / runs[1].name).read_bytes() == content


def test_another_record_of_the_same_identity_or_file_name_is_refused(runs, board, tmp_path):
    put_on(board, runs[0])
    before = tree(board)
    better = content("erm", 0, {"clean.top1_error": 0.001}, trainings={"model": "0" * 64})
    same = write_record(tmp_path / "again", better, outcomes=True)
    (reason,) = put_on(board, same).reasons
    assert reason.path == str(same)
    assert f"another record of the same augmentation, backbone and seed: {runs[0].name}" in reason.reason
    assert tree(board) == before


@pytest.mark.parametrize("first", [str.upper, str.lower])
def test_a_file_name_that_is_taken_is_refused_whatever_its_case(runs, board, tmp_path, first):
    def named(aug, way):
        made = content(aug)
        made["outcomes"]["file"] = f"{way('name')}.npz"
        path = write_record(tmp_path / aug, made)
        path.with_name(made["outcomes"]["file"]).write_bytes(runs[0].with_suffix(".npz").read_bytes())
        return path

    put_on(board, named("erm", first))
    before = tree(board)
    second = str.upper if first is str.lower else str.lower
    (reason,) = put_on(board, named("cutout", second)).reasons
    assert reason.reason.startswith("outcomes.file: the board has another")
    assert tree(board) == before


def test_two_of_one_identity_in_one_submission_are_refused(runs, board, tmp_path):
    twin = write_record(tmp_path / "again", content("erm", 0, trainings={"model": "0" * 64}), outcomes=True)
    assert len(put_on(board, runs[0], twin).reasons) == 1
    assert tree(board) == {}


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
    path = tmp_path / "record.json"
    path.write_bytes(seal({**content(), "suite": suite}))
    (reason,) = put_on(board, path).reasons
    assert reason.reason.startswith("suite: needed a name such as digits")
    assert tree(board) == {}


def test_external_records_are_refused(board, tmp_path):
    path = write_record(tmp_path / "runs", content("external", None), outcomes=True)
    (reason,) = put_on(board, path).reasons
    assert reason.reason.startswith("augmentation: weights that were trained elsewhere")


def test_a_broken_record_is_left_to_the_judge_and_refused_even_where_he_is_silent(board, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{}")
    told = [Reason("", "one"), Reason("", "two")]
    assert [each.reason for each in put_on(board, path, judge=lambda path, others: told).reasons] == ["one", "two"]
    assert "missing" in put_on(board, path).reasons[0].reason


def test_missing_outcomes_links_pipes_and_folders_are_refused(runs, board, tmp_path):
    runs[0].with_suffix(".npz").unlink()
    link = tmp_path / "link.json"
    link.symlink_to(runs[1])
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    outcomes = runs[2].with_suffix(".npz")
    outcomes.rename(tmp_path / "elsewhere.npz")
    outcomes.symlink_to(tmp_path / "elsewhere.npz")
    reasons = put_on(board, runs[0], link, pipe, tmp_path, runs[2]).reasons
    assert [reason.path for reason in reasons] == [str(path) for path in (runs[0], link, pipe, tmp_path, runs[2])]
    assert ["no link" in each.reason for each in reasons] == [True, True, False, False, True]
    assert all("regular file" in each.reason for each in reasons[2:4])
    assert tree(board) == {}


def test_a_file_beyond_its_size_is_not_read_whole(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * 11)
    assert read_regular(path, 11) == b"x" * 11
    with pytest.raises(MixBenchError, match="at most 10 bytes"):
        read_regular(path, 10)
