"""Records onto a board: byte for byte, all or nothing, and nothing outside the board."""

import json
import os
from pathlib import Path

import pytest
from boards import content, write_record

from mixbench.results.record import identity
from mixbench.results.submission import Reason
from mixbench.runs import exchange
from mixbench.runs.exchange import WORKSHOP, workshop
from mixbench.runs.generated import is_suite, regenerate, stale, suites_of
from mixbench.runs.submit import read_regular, submit
from mixbench.runs.swap import swap
from mixbench.runs.tree import put
from mixbench.spec.errors import MixBenchError


def generate(folder: Path) -> dict[str, bytes]:
    names = sorted(path.name for path in (folder / "records").iterdir())
    return {"board.md": "\n".join(names).encode(), "page/index.html": b"page", "page/vendor/a.js": b"vendor"}


def accept(path, others):
    return []


def put_on(board, *paths, judge=accept, generate=generate):
    return submit(paths, board, judge, generate)


def tree(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and WORKSHOP not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture
def runs(tmp_path) -> list[Path]:
    return [write_record(tmp_path / "runs", content("erm", seed), outcomes=True) for seed in range(3)]


@pytest.fixture
def board(tmp_path) -> Path:
    return tmp_path / "board"


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
    from mixbench.results.record import load_record

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
    made = content()
    made["suite"] = suite
    path = write_record(tmp_path / "runs", {**made, "backbone": "x"}) if "/" not in suite else None
    if path:
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


@pytest.mark.parametrize("place", ["tiny", "tiny/records/a.json", "published", WORKSHOP, "tiny/page", "board.md"])
@pytest.mark.parametrize("target", ["folder", "file", "nothing"])
def test_a_link_anywhere_on_the_board_is_refused_and_nothing_is_written_through_it(
    runs, board, tmp_path, place, target
):
    outside = tmp_path / "outside"
    if target == "folder":
        outside.mkdir()
    if target == "file":
        outside.touch()
    (board / place).parent.mkdir(parents=True)
    (board / place).symlink_to(outside)
    for act in (lambda: put_on(board, *runs), lambda: regenerate(board, "tiny", generate)):
        with pytest.raises(MixBenchError, match="is a link or no regular file; remove it"):
            act()
    with pytest.raises(MixBenchError, match="is a link"):
        stale(board, "tiny", generate)
    assert {"folder": outside.is_dir, "file": outside.is_file, "nothing": lambda: not outside.exists()}[target]()
    assert target != "folder" or list(outside.iterdir()) == []
    assert target != "file" or outside.read_bytes() == b""


@pytest.mark.parametrize("place", ["lock", "new", "incoming"])
def test_a_link_in_the_workshop_is_refused_and_nothing_is_written_through_it(runs, board, tmp_path, place):
    (tmp_path / "outside").mkdir()
    (board / WORKSHOP).mkdir(parents=True)
    (board / WORKSHOP / place).symlink_to(tmp_path / "outside" / "x")
    with pytest.raises(MixBenchError, match="is a link or no regular file; remove it"):
        put_on(board, *runs)
    assert list((tmp_path / "outside").iterdir()) == []
    assert not stale(board, "tiny", lambda folder: {})


def test_a_board_is_looked_through_only_by_whoever_holds_its_lock(board, monkeypatch):
    """Another submission's folders come and go meanwhile, and each was a reason to give up."""
    looked = []

    def look(folder):
        with pytest.raises(exchange.Timeout):
            exchange.FileLock(folder / WORKSHOP / "lock").acquire(timeout=0)
        looked.append(folder)

    monkeypatch.setattr(exchange, "check_tree", look)
    with workshop(board):
        pass
    assert looked == [board]


def test_what_is_put_in_the_place_of_a_hard_link_leaves_the_other_name_alone(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "staged").mkdir()
    os.link(tmp_path / "old", tmp_path / "staged" / "name")
    put(tmp_path / "staged", "name", b"new")
    assert ((tmp_path / "old").read_bytes(), (tmp_path / "staged" / "name").read_bytes()) == (b"old", b"new")


def test_a_board_that_is_a_link_itself_is_refused(runs, board, tmp_path):
    (tmp_path / "real").mkdir()
    board.symlink_to(tmp_path / "real")
    with pytest.raises(MixBenchError, match="needed a folder, got a link or a file"):
        put_on(board, *runs)
    assert list((tmp_path / "real").iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/x", "page/../../x", "..", "", "page\\x"])
def test_no_name_leads_out_of_a_staged_folder(tmp_path, name):
    with pytest.raises(MixBenchError, match="within the board"):
        put(tmp_path / "staged", name, b"")
    assert list(tmp_path.iterdir()) == []


def test_what_is_generated_outside_its_place_is_a_bug(runs, board):
    with pytest.raises(ValueError, match="generated files are"):
        put_on(board, *runs, generate=lambda folder: {"records/x.json": b""})
    assert tree(board) == {}


def test_other_files_of_a_suite_stay_and_old_generated_ones_go(runs, board):
    put_on(board, runs[0])
    (board / "tiny" / "notes.txt").write_text("mine")
    (board / "tiny" / "page" / "old.js").write_text("old")
    put_on(board, runs[1])
    assert tree(board)["tiny/notes.txt"] == b"mine"
    assert "tiny/page/old.js" not in tree(board)


def test_making_anew_mends_what_is_stale_and_only_then_writes(runs, board):
    put_on(board, *runs)
    assert (stale(board, "tiny", generate), regenerate(board, "tiny", generate)) == ([], [])
    good = tree(board)
    (board / "tiny" / "board.md").write_text("edited")
    (board / "tiny" / "page" / "extra.js").write_text("x")
    (board / "tiny" / "page" / "index.html").unlink()
    wrong = ["board.md", "page/extra.js", "page/index.html"]
    assert stale(board, "tiny", generate) == wrong
    assert regenerate(board, "tiny", generate) == wrong
    assert tree(board) == good


def test_a_library_s_file_may_be_of_another_version_but_not_missing(runs, board):
    put_on(board, *runs)
    vendor = board / "tiny" / "page" / "vendor" / "a.js"
    vendor.write_text("newer")
    assert stale(board, "tiny", generate) == []
    vendor.unlink()
    assert stale(board, "tiny", generate) == ["page/vendor/a.js"]


def test_a_library_s_file_stays_as_it_is_until_it_is_removed(runs, board):
    put_on(board, runs[0])
    vendor = board / "tiny" / "page" / "vendor" / "a.js"
    vendor.write_text("the board's version")
    put_on(board, runs[1])
    (board / "tiny" / "board.md").write_text("edited")
    assert regenerate(board, "tiny", generate) == ["board.md"]
    assert vendor.read_text() == "the board's version"
    vendor.unlink()
    regenerate(board, "tiny", generate)
    assert vendor.read_text() == "vendor"


def test_a_suite_s_neighbours_are_seen_while_it_is_generated(runs, board):
    (board / "published").mkdir(parents=True)
    (board / "published" / "papers.csv").write_text("rows")
    seen = []

    def look(folder):
        seen.append((folder.parent / "published" / "papers.csv").read_text())
        return {}

    put_on(board, *runs, generate=look)
    regenerate(board, "tiny", look)
    stale(board, "tiny", look)
    assert seen == ["rows"] * 3
    assert suites_of(board) == ["tiny"]


def test_a_board_s_unreadable_record_is_named_by_its_place_on_the_board(runs, board):
    def fail(folder):
        raise MixBenchError(f"record {folder}/records/x.json: broken")

    with pytest.raises(MixBenchError) as error:
        put_on(board, *runs, generate=fail)
    assert str(error.value) == f"record {board}/tiny/records/x.json: broken"
    assert tree(board) == {}


def test_the_workshop_keeps_itself_out_of_git_and_is_left_tidy(runs, board):
    put_on(board, *runs)
    assert sorted(path.name for path in (board / WORKSHOP).iterdir()) == [".gitignore", "lock"]
    assert (board / WORKSHOP / ".gitignore").read_text() == "*\n"


def test_whoever_waits_for_the_lock_is_told(board, monkeypatch):
    told = []

    class Busy:
        def __init__(self, path):
            self.calls = []

        def acquire(self, timeout=-1):
            if timeout == 0:
                raise exchange.Timeout("lock")

        def release(self):
            pass

    monkeypatch.setattr(exchange, "FileLock", Busy)
    with workshop(board, lambda: told.append("waiting")):
        pass
    assert told == ["waiting"]


def test_a_disk_that_refuses_is_one_line(tmp_path):
    with (
        pytest.raises(MixBenchError, match=r"board .*missing/board: needed to write there"),
        workshop(tmp_path / "missing" / "board"),
    ):
        pass


def test_two_folders_change_places_in_one_step(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not swap(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this system or file system has no exchange")
    assert ([path.name for path in (tmp_path / "a").iterdir()], (tmp_path / "b" / "a").exists()) == (["b"], True)
    with pytest.raises(OSError):
        swap(tmp_path / "a", tmp_path / "none")


def test_records_that_are_there_are_not_copied_but_linked(runs, board):
    put_on(board, runs[0])
    place = board / "tiny" / "records" / runs[0].name
    before = place.stat().st_ino
    put_on(board, runs[1])
    assert place.stat().st_ino == before
    assert json.loads(place.read_bytes())["seed"] == 0
