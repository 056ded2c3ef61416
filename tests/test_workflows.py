"""The workflows: no stranger's code with rights, and their shell run on a prepared repository."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
STUB = """#!/usr/bin/env bash
printf '%s\\0' "$@" >> "$STUB_LOG"
printf '\\0' >> "$STUB_LOG"
case "$1" in
  validate) echo "validated"; exit "${STUB_VALIDATE:-0}" ;;
  boards) echo "leaderboards/digits/board.md: not right"; exit "${STUB_BOARDS:-0}" ;;
  rows) echo 'the row `of` it' ;;
esac
"""
HOSTILE = "leaderboards/digits/records/-x $(touch pwned) ;\n`id`'\".json"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def workflow(name: str) -> dict:
    """A workflow as GitHub reads it; YAML 1.1 takes the key `on` for true."""
    loaded = yaml.safe_load(WORKFLOWS[name].read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in loaded.items()}


def steps(name: str) -> list[dict]:
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


def script(name: str, step: str) -> str:
    (found,) = (each["run"] for each in steps(name) if each.get("name") == step)
    return found


def test_all_workflows_are_here():
    assert set(WORKFLOWS) >= {"ci", "submission", "submission-comment"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_workflow_gives_a_stranger_s_code_rights(name):
    loaded = workflow(name)
    assert "pull_request_target" not in loaded["on"]
    assert set(loaded["permissions"].values() if loaded["permissions"] else []) <= {"read"}
    text = WORKFLOWS[name].read_text(encoding="utf-8")
    assert "secrets." not in text
    for job in loaded["jobs"].values():
        assert job["timeout-minutes"] <= 60
        writes = "write" in job.get("permissions", {}).values()
        for step in job["steps"]:
            action = step.get("uses", "")
            # A job that may write takes nothing of a pull request's tree.
            assert not (writes and "checkout" in action), step
            if action and not action.startswith("./"):
                assert action.startswith("actions/"), action
                assert action.rpartition("@v")[2].isdigit(), action
            if "checkout" in action:
                assert step["with"]["persist-credentials"] is False
            # What a stranger chose reaches a shell only through the environment.
            assert "${{" not in step.get("run", ""), step["run"]
            assert step.get("shell", "bash") == "bash"


def test_the_judge_is_the_code_of_the_branch_that_a_submission_is_for():
    checkouts = {
        step["with"]["path"]: step["with"] for step in steps("submission") if "checkout" in step.get("uses", "")
    }
    assert checkouts["judge"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert "ref" not in checkouts["submission"]
    assert "./judge" in script("submission", "Install")
    assert "submission" not in script("submission", "Install").replace("/judge", "")


def test_ci_runs_what_everybody_runs():
    assert [step["run"] for step in steps("ci") if "run" in step] == [".ci/run"]
    assert workflow("ci")["on"]["push"] == {"branches": ["main"]}


class Clone:
    """A repository with a base commit and a submission on top, where a workflow's steps are run."""

    def __init__(self, folder: Path) -> None:
        self.root, self.temp, bin = folder / "submission", folder / "temp", folder / "bin"
        for path in (self.root, self.temp, bin):
            path.mkdir()
        for name, text in {"mixbench": STUB}.items():
            (bin / name).write_text(text)
            (bin / name).chmod(0o755)
        self.bin, self.log, self.summary = bin, folder / "log", folder / "summary"
        self.git("init", "-q", "-b", "main")
        self.write("leaderboards/digits/records/old.json", "{}")
        self.write("leaderboards/digits/records/old.npz", "x")
        self.write("leaderboards/digits/board.md", "old")
        self.write("leaderboards/digits/page/vendor/vega.js", "vega")
        self.write("leaderboards/digits/page/vendor/chart.js", "chart")
        self.base = self.commit()

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def run(self, step: str, workflow: str = "submission", **environment: str) -> subprocess.CompletedProcess:
        """Run a step as GitHub does."""
        place = {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "RUNNER_TEMP": str(self.temp), "STUB_LOG": str(self.log),
            "GITHUB_STEP_SUMMARY": str(self.summary), "BASE": self.base, "HOME": str(self.temp),
        }  # fmt: skip
        file = self.temp / "step.sh"
        file.write_text(script(workflow, step))
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", file], cwd=self.root, env={**place, **environment},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def calls(self) -> list[list[str]]:
        if not self.log.exists():
            return []
        return [call.split("\0") for call in self.log.read_text().split("\0\0") if call]

    def kept(self, name: str) -> str:
        return (self.temp / name).read_text()


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


GH = """#!/usr/bin/env bash
printf '%s\\0' "$@" >> "$STUB_LOG"
printf '\\0' >> "$STUB_LOG"
case "$*" in
  *"/pulls/7/files"*) cat "$STUB_FILES"; [ -z "${STUB_MOVED:-}" ] || echo '[]' > "$STUB_PULLS" ;;
  api*) cat "$STUB_PULLS" ;;
esac
"""
RECORD = {"filename": "leaderboards/digits/records/x.json"}


def comment(clone: Clone, judged: str, pages: list[list[dict]], row: str = "row", **environment: str) -> list[str]:
    """Run the comment's step for pull request 7, which has these files, page by page; return who got a comment."""
    (clone.bin / "gh").write_text(GH)
    (clone.bin / "gh").chmod(0o755)
    pulls, files = clone.temp / "pulls", clone.temp / "listed"
    pulls.write_text(json.dumps([{"number": 7, "head": {"sha": "a" * 40}}]))
    files.write_text("".join(json.dumps(page) for page in pages))
    (clone.temp / "row").mkdir()
    (clone.temp / "row" / "row.txt").write_text(row)
    done = clone.run(
        "The comment", "submission-comment", STUB_PULLS=str(pulls), STUB_FILES=str(files), HEAD=judged, OWNER="o",
        BRANCH="b; touch pwned", GH_REPO="o/r", RUN="https://example.org/run", **environment,
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


def test_a_row_that_is_a_link_is_not_shown(clone):
    (clone.temp / "row").mkdir()
    (clone.temp / "row" / "row.txt").symlink_to("/etc/passwd")
    done = clone.run("The comment", "submission-comment", GH_REPO="o/r")
    assert (done.returncode, done.stdout) == (0, "no row to show\n")
