"""The workflow that comments on a submission: only to the judged pull request, and as dead text."""

import json
import shutil

import pytest
from workflows import Clone

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def clone(tmp_path) -> Clone:
    return Clone(tmp_path)


GH = """#!/usr/bin/env bash
printf '%s\\0' "$@" >> "$STUB_LOG"
printf '\\0' >> "$STUB_LOG"
case "$*" in
  *"/issues/7/comments"*) cat "$STUB_COMMENTS" ;;
  *"/pulls/7/files"*) cat "$STUB_FILES"; [ -z "${STUB_MOVED:-}" ] || echo '[]' > "$STUB_PULLS" ;;
  api*) cat "$STUB_PULLS" ;;
esac
"""
RECORD = {"filename": "leaderboards/digits/claims/x.json"}
MARKER = "<!-- mixbench submission -->"


def comment(clone: Clone, judged: str, pages: list[list[dict]], row: str = "row", **environment) -> list[str]:
    """Run the comment's step for pull request 7, which has these files, page by page; return who got a comment."""
    (clone.bin / "gh").write_text(GH)
    (clone.bin / "gh").chmod(0o755)
    pulls, files, comments = clone.temp / "pulls", clone.temp / "listed", clone.temp / "comments"
    comments.write_text(json.dumps(environment.pop("comments", [])))
    pulls.write_text(json.dumps([{"number": 7, "head": {"sha": "a" * 40}}]))
    files.write_text("".join(json.dumps(page) for page in pages))
    (clone.temp / "row").mkdir()
    (clone.temp / "row" / "row.txt").write_text(row)
    done = clone.run(
        "The comment", "submission-comment", STUB_PULLS=str(pulls), STUB_FILES=str(files), HEAD=judged, OWNER="o",
        STUB_COMMENTS=str(comments),
        BRANCH="b; touch pwned", GH_REPO="o/r", RUN="https://example.org/run", MARKER=MARKER, **environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [call[2] for call in clone.calls() if call[:2] == ["pr", "comment"]]


needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq, which GitHub's machines have")


@needs_jq
@pytest.mark.parametrize("judged", ["a" * 40, "b" * 40])
def test_the_comment_goes_to_the_judged_pull_request_and_is_dead_text(clone, judged):
    commented = comment(clone, judged, [[RECORD]], "@all\n````\n<script>\x1b[31m\n7 or 8")
    assert commented == (["7"] if judged == "a" * 40 else [])
    assert "head=o:b; touch pwned" in clone.calls()[0]
    if commented:
        text = clone.kept("comment.md")
        assert text.count("`") == 8
        assert "\x1b" not in text
        assert text.endswith("````text\n@all\n\n<script>[31m\n7 or 8\n````\n")


@needs_jq
@pytest.mark.parametrize(
    ("pages", "commented"),
    [
        ([[RECORD], [RECORD]], ["7"]),
        ([[RECORD], [{"filename": ".github/workflows/submission.yml"}]], []),
        ([[{"filename": "old.yml", "previous_filename": ".github/workflows/submission.yml"}]], []),
        ([[RECORD] * 100] * 30, []),
        ([], []),
    ],
)
def test_a_pull_request_that_may_change_its_own_workflow_gets_no_comment(clone, pages, commented):
    assert comment(clone, "a" * 40, pages) == commented


@needs_jq
def test_files_of_a_later_commit_do_not_speak_for_the_judged_one(clone):
    assert comment(clone, "a" * 40, [[RECORD]], STUB_MOVED="1") == []


@needs_jq
def test_only_its_own_comment_is_written_anew(clone):
    bot = "github-actions[bot]"
    said = [
        {"id": 1, "user": {"login": "somebody"}, "body": f"{MARKER}\nmine"},
        {"id": 2, "user": {"login": bot}, "body": "another workflow's"},
        {"id": 3, "user": {"login": bot}, "body": f"{MARKER}\nold"},
    ]
    assert comment(clone, "a" * 40, [[RECORD]], comments=said) == []
    (patched,) = [call for call in clone.calls() if "PATCH" in call]
    assert "repos/o/r/issues/comments/3" in patched
    assert clone.kept("comment.md").startswith(f"{MARKER}\n")


def test_a_row_that_is_a_link_is_not_shown(clone):
    (clone.temp / "row").mkdir()
    (clone.temp / "row" / "row.txt").symlink_to("/etc/passwd")
    done = clone.run("The comment", "submission-comment", GH_REPO="o/r")
    assert (done.returncode, done.stdout) == (0, "no row to show\n")
