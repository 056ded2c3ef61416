"""What is generated on a board: made anew, compared, and nothing else touched."""

import pytest
from onto import generate, put_on, tree

from mixbench.board.generated import regenerate, stale, suites_of
from mixbench.spec.errors import MixBenchError


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
