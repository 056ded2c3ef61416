"""The workflow that judges a submission: its shell, run on a prepared repository."""

import shutil

import pytest
from workflows import Clone

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

HOSTILE = "leaderboards/digits/records/-x $(touch pwned) ;\n`id`'\".json"


@pytest.fixture
def clone(tmp_path) -> Clone:
    return Clone(tmp_path)


def test_only_added_records_are_validated_whatever_their_names(clone):
    clone.write(HOSTILE, "{}")
    clone.write("leaderboards/digits/records/new.json", "{}")
    clone.write("leaderboards/digits/records/new.npz", "x")
    clone.write("leaderboards/digits/board.md", "new")
    clone.write("elsewhere/records/x.json", "{}")
    clone.commit()
    assert clone.run("What changed").returncode == 0
    assert set(clone.kept("records").split("\0")) == {HOSTILE, "leaderboards/digits/records/new.json", ""}
    assert clone.run("Validate what was added").returncode == 0
    (call,) = clone.calls()
    assert (call[0], sorted(call[1:])) == ("validate", sorted([HOSTILE, "leaderboards/digits/records/new.json"]))
    assert list(clone.root.rglob("pwned")) == []


@pytest.mark.parametrize("change", ["edited", "removed", "link", "renamed", "outcomes"])
def test_an_edited_removed_or_linked_record_is_refused(clone, change):
    old = clone.root / "leaderboards/digits/records/old.json"
    match change:
        case "edited":
            old.write_text("[]")
        case "removed":
            old.unlink()
        case "renamed":
            old.rename(old.with_name("new.json"))
        case "outcomes":
            old.with_suffix(".npz").write_text("y")
        case "link":
            (old.parent.parent / "link").symlink_to("/etc")
    clone.commit()
    done = clone.run("What changed")
    assert done.returncode == 1
    words = "a link or a submodule" if change == "link" else "never edited or removed"
    assert words in clone.kept("refused")
    assert clone.kept("refused").count("\n") == 1


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("digits/page/vendor/vega.js", "steal()", "not the library"),
        ("digits/page/vendor/vega.js", None, "not the library"),
        ("digits/page/vendor/vega.js", "chart", "not the library"),
        ("digits/page/vendor/more.js", "vega", "not the library"),
        ("new/page/vendor/vega.js", "steal()", "not the library"),
        ("published/papers.csv", "rows", "no part of a submission"),
        ("published/records/x.json", "{}", "no part of a submission"),
        (".hidden", "x", "no part of a submission"),
        (".hidden/records/x.json", "{}", "no part of a submission"),
        ("digits/.hidden/page/x.html", "x", "no part of a submission"),
        ("digits/records/.x.json", "{}", "no part of a submission"),
    ],
)
def test_what_no_record_answers_for_is_refused(clone, name, text, words):
    if text is None:
        (clone.root / "leaderboards" / name).unlink()
    else:
        clone.write(f"leaderboards/{name}", text)
    clone.commit()
    assert clone.run("What changed").returncode == 1
    assert clone.kept("refused").startswith(f"leaderboards/{name}: {words}")
    assert clone.kept("refused").count("\n") == 1
    assert clone.kept("records") == ""


def test_a_line_end_in_a_name_passes_for_no_library(clone):
    vega = clone.git("rev-parse", "HEAD:leaderboards/digits/page/vendor/vega.js")
    clone.write(f"leaderboards/digits/page/vendor/x\n{vega} vega.js", "steal()")
    clone.commit()
    assert clone.run("What changed").returncode == 1
    assert "not the library" in clone.kept("refused")


def test_a_new_suite_s_page_may_have_the_board_s_libraries(clone):
    clone.write("leaderboards/new/page/vendor/vega.js", "vega")
    clone.write("leaderboards/new/page/app.js", "checked by mixbench boards")
    clone.commit()
    done = clone.run("What changed")
    assert (done.returncode, clone.kept("refused")) == (0, ""), done.stderr


def test_nothing_added_asks_nobody(clone):
    clone.write("leaderboards/README.md", "x")
    clone.commit()
    assert clone.run("What changed").returncode == clone.run("Validate what was added").returncode == 0
    assert clone.run("The row").returncode == 0
    assert clone.calls() == []
    assert "No record was added" in clone.kept("row.txt")


def test_reasons_fail_the_step_and_reach_the_row(clone):
    clone.write("leaderboards/digits/records/new.json", "{}")
    clone.commit()
    clone.run("What changed")
    assert clone.run("Validate what was added", STUB_VALIDATE="1").returncode == 1
    assert clone.run("The row").returncode == 0
    assert clone.kept("row.txt") == "Speaking against it:\nvalidated\n"


def test_a_board_that_is_not_what_its_records_give_fails_the_step(clone):
    clone.write("leaderboards/digits/records/new.json", "{}")
    clone.commit()
    clone.run("What changed")
    good = clone.run("Is the board what its records give")
    bad = clone.run("Is the board what its records give", STUB_BOARDS="1")
    assert (good.returncode, bad.returncode) == (0, 1)
    assert clone.calls() == [["boards", "--board", "leaderboards", "--check"]] * 2
    assert "board.md: not right" in clone.kept("refused")


def test_the_row_of_what_was_added_goes_to_the_summary_as_text(clone):
    clone.write("leaderboards/digits/records/new.json", "{}")
    clone.commit()
    clone.run("What changed")
    assert clone.run("The row").returncode == 0
    assert clone.calls() == [["rows", "leaderboards/digits/records/new.json"]]
    assert clone.kept("row.txt") == "the row `of` it\n"
    assert clone.summary.read_text() == "````text\nthe row of it\n````\n"
