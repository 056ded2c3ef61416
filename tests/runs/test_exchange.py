"""The workshop of a board: its lock, its tidiness, and folders that are exchanged in one step."""

import json

import pytest
from onto import put_on

from mixbench.runs import exchange
from mixbench.runs.exchange import WORKSHOP, workshop
from mixbench.runs.swap import swap
from mixbench.spec.errors import MixBenchError


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
