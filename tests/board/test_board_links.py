"""No link on a board and no name leads out of it."""

import os

import pytest
from onto import generate, put_on

from mixbench.board.generated import regenerate, stale
from mixbench.runs.exchange import WORKSHOP
from mixbench.runs.tree import put
from mixbench.spec.errors import MixBenchError


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
