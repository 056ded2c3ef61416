"""The workflows that judge and verify submissions: their shell, run on a prepared repository."""

import json
import shutil

import pytest
from workflows import Clone

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

CLAIMS = "leaderboards/digits/claims"
HOSTILE = f"{CLAIMS}/-x $(touch pwned) ;\n`id`'\".json"


@pytest.fixture
def clone(tmp_path) -> Clone:
    return Clone(tmp_path)


def test_added_claims_are_validated_beside_the_board(clone):
    clone.write(f"{CLAIMS}/new.json", "{}")
    clone.write(f"{CLAIMS}/new.npz", "x")
    clone.commit()
    assert clone.run("What changed").returncode == 0
    assert clone.kept("records") == f"{CLAIMS}/new.json\0"
    assert clone.run("Validate what was added").returncode == 0
    assert clone.calls() == [["validate", "--beside", "leaderboards", f"{CLAIMS}/new.json"]]


@pytest.mark.parametrize("author", ["NONE", "OWNER"])
@pytest.mark.parametrize(
    "name",
    [
        HOSTILE,
        "README.md",
        "leaderboards/README.md",
        "leaderboards/digits/board.md",
        "leaderboards/digits/records/new.json",
        "leaderboards/digits/superseded/new.json",
        "leaderboards/digits/page/index.html",
        "leaderboards/published/papers.csv",
        "leaderboards/.hidden/claims/x.json",
        f"{CLAIMS}/.x.json",
        f"{CLAIMS}/deep/x.json",
        f"{CLAIMS}/x.md",
        "elsewhere/claims/x.json",
        ".github/workflows/ci.yml",
    ],
)
def test_a_submission_has_files_among_the_claims_only(clone, name, author):
    clone.write(f"{CLAIMS}/new.json", "{}")
    clone.write(name, "{}")
    clone.commit()
    assert clone.run("What changed", AUTHOR=author).returncode == 1
    assert "no part of a submission" in clone.kept("refused")
    assert clone.kept("refused").count("\n") == 1
    assert list(clone.root.rglob("pwned")) == []


@pytest.mark.parametrize(("author", "code"), [("NONE", 1), ("CONTRIBUTOR", 1), ("MEMBER", 0), ("OWNER", 0)])
def test_only_the_project_s_people_change_a_board_or_its_rules(clone, author, code):
    clone.write("leaderboards/README.md", "anything goes")
    clone.commit()
    assert clone.run("What changed", AUTHOR=author).returncode == code


@pytest.mark.parametrize("change", ["edited", "removed", "link", "renamed", "outcomes"])
def test_an_edited_removed_or_linked_claim_is_refused(clone, change):
    old = clone.root / CLAIMS / "old.json"
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
            (old.parent / "link.json").symlink_to("/etc/passwd")
    clone.commit()
    assert clone.run("What changed").returncode == 1
    words = "a link or a submodule" if change == "link" else "never edited or removed"
    assert words in clone.kept("refused")
    assert clone.kept("refused").count("\n") == 1


def test_nothing_added_asks_nobody(clone):
    clone.write("leaderboards/README.md", "x")
    clone.commit()
    for step in ("What changed", "Validate what was added", "The row"):
        assert clone.run(step, AUTHOR="OWNER").returncode == 0
    assert clone.calls() == []
    assert "No claim was added" in clone.kept("row.txt")


def test_reasons_fail_the_step_and_reach_the_row(clone):
    clone.write(f"{CLAIMS}/new.json", "{}")
    clone.commit()
    clone.run("What changed")
    assert clone.run("Validate what was added", STUB_VALIDATE="1").returncode == 1
    assert clone.run("The row").returncode == 0
    assert clone.kept("row.txt") == "Speaking against it:\nvalidated\n"


def test_the_row_of_what_was_added_goes_to_the_summary_as_text(clone):
    clone.write(f"{CLAIMS}/new.json", "{}")
    clone.commit()
    clone.run("What changed")
    assert clone.run("The row").returncode == 0
    assert clone.calls() == [["rows", f"{CLAIMS}/new.json"]]
    assert clone.kept("row.txt") == "the row `of` it\n"
    assert clone.summary.read_text() == "````text\nthe row of it\n````\n"


def test_merged_claims_of_cpu_suites_are_run_again_row_by_row(clone):
    for name in ("mixup-seed0-00000000", "mixup-seed1-11111111", "mixup-alpha-2-seed0-22222222"):
        clone.write(f"{CLAIMS}/digits-net-{name}.json", "{}")
    clone.write("leaderboards/imagenet/claims/imagenet-net-mixup-seed0-00000000.json", "{}")
    clone.commit()
    assert clone.run("New claims", "verify", BEFORE=clone.base).returncode == 0
    assert clone.kept("claims").count("\n") == 3
    (clone.temp / "trained" / "trained-digits-net-mixup").mkdir(parents=True)
    assert clone.run("Run them again", "verify", STUB_SUBMIT="1", NEW=clone.kept("claims")).returncode == 0
    calls = [[word for word in call if word.startswith(CLAIMS)] for call in clone.calls()]
    assert calls == [
        [f"{CLAIMS}/digits-net-mixup-seed{n}-{str(n) * 8}.json" for n in (0, 1)],
        [f"{CLAIMS}/digits-net-mixup-alpha-2-seed0-22222222.json"],
    ]
    assert all(call[:2] == ["submit", "--rerun"] for call in clone.calls())
    handed = [call[3] if "--trained" in call else "" for call in clone.calls()]
    assert handed == [str(clone.temp / "trained" / "trained-digits-net-mixup"), ""]
    assert "not verified: leaderboards/digits/claims/digits-net-mixup\n" in clone.summary.read_text()
    # By hand, all there are.
    assert clone.run("New claims", "verify", BEFORE="").returncode == 0
    assert clone.kept("claims").count("\n") == 4


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq")
def test_rows_with_a_source_of_their_own_are_trained_each_in_a_job_of_its_own(clone):
    source = json.dumps({"sources": {"a.py:A": {}}})
    for name, text in (("own-seed0-00000000", source), ("own-seed1-11111111", source), ("mixup-seed0-22222222", "{}")):
        clone.write(f"{CLAIMS}/digits-net-{name}.json", text)
    clone.commit()
    assert clone.run("New claims", "verify", BEFORE=clone.base).returncode == 0
    assert outputs(clone)["contributed"] == [{"row": f"{CLAIMS}/digits-net-own", "name": "digits-net-own"}]
    clone.output.unlink()
    assert clone.run("New claims", "verify", BEFORE=clone.git("rev-parse", "HEAD")).returncode == 0
    assert outputs(clone)["contributed"] == []


def outputs(clone: Clone) -> dict:
    lines = clone.output.read_text().splitlines()
    return {line.partition("=")[0]: json.loads(line.partition("=")[2]) for line in lines if "=" in line}


def test_of_what_a_source_left_only_regular_files_of_known_names_are_kept(clone):
    """What uploads follows links, and a link could lead to whatever the runner may read."""
    home = clone.temp / "place" / "home" / "trained"
    for name in ("a" * 64, "b" * 64):
        (home / name).mkdir(parents=True)
        (home / name / "outcomes.npz").write_text("x")
    (home / ("a" * 64) / "weights.safetensors").symlink_to("/etc/hostname")
    (home / ("a" * 64) / "more.py").write_text("x")
    (home / "manifest").write_text("x")
    (home / "link").symlink_to("/etc")
    with (home / ("b" * 64) / "manifest").open("wb") as file:
        file.truncate(70 * 2**20)
    assert clone.run("Keep weights and numbers", "verify", PLACE=str(clone.temp / "place")).returncode == 0
    kept = clone.temp / "trained"
    files = sorted(str(each.relative_to(kept)) for each in kept.rglob("*") if not each.is_dir())
    assert files == [f"{letter * 64}/outcomes.npz" for letter in "ab"]
