"""The workflows: no stranger's code with rights."""

import re

import pytest
from workflows import ROOT, WORKFLOWS, script, steps, workflow


def test_all_workflows_are_here():
    assert set(WORKFLOWS) >= {"ci", "submission", "submission-comment", "verify", "pages"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_workflow_gives_a_stranger_s_code_rights(name):
    loaded = workflow(name)
    assert "pull_request_target" not in loaded["on"]
    assert set(loaded["permissions"].values() if loaded["permissions"] else []) <= {"read"}
    text = WORKFLOWS[name].read_text(encoding="utf-8")
    assert "secrets." not in text
    for job in loaded["jobs"].values():
        assert job["timeout-minutes"] <= (330 if name == "verify" else 60)
        writes = "write" in job.get("permissions", {}).values()
        for step in job["steps"]:
            action = step.get("uses", "")
            # A job that may write takes nothing of a pull request's tree, and runs nothing of any tree.
            assert not (writes and "checkout" in action and loaded["on"].keys() & {"pull_request", "workflow_run"}), (
                step
            )
            assert not (writes and any(word in step.get("run", "") for word in ("pip", "mixbench ", "python"))), step
            if action and not action.startswith("./"):
                assert action.startswith("actions/"), action
                assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action), action
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


@pytest.mark.parametrize("name", ["submission", "verify", "pages"])
def test_what_is_installed_is_constrained_to_exact_versions(name):
    installs = [line for line in script(name, "Install").splitlines() if "pip install" in line]
    assert installs
    assert all(".github/constraints.txt" in line for line in installs)
    lines = (ROOT / ".github" / "constraints.txt").read_text().splitlines()[1:]
    assert all(re.fullmatch(r"[a-z-]+==[0-9.]+", line) for line in lines)
    assert {"numpy", "timm", "torch", "torchvision"} <= {line.partition("==")[0] for line in lines}


def test_a_claim_s_source_runs_in_one_job_alone_as_nobody_and_without_a_network():
    running = [
        (name, job, step)
        for name in WORKFLOWS
        for job, made in workflow(name)["jobs"].items()
        for step in made["steps"]
        if "--trust-source" in step.get("run", "")
    ]
    ((name, job, step),) = running
    assert (name, job) == ("verify", "train")
    words = step["run"].split()
    for word in ("--net", "--pid", "--kill-child", "--reuid=nobody", "--clear-groups", "--no-new-privs", "-i"):
        assert words.index(word) < words.index("mixbench"), word
    train = workflow("verify")["jobs"]["train"]
    # No rights of its own, no cache that a later job would trust, and a job a row.
    assert "permissions" not in train
    assert not any("cache" in step.get("with", {}) for step in train["steps"])
    assert set(train["strategy"]["matrix"]) == {"claim"}


def test_the_job_that_examines_runs_no_source():
    rerun = workflow("verify")["jobs"]["rerun"]
    assert "train" in rerun["needs"]
    assert "--trained" in script("verify", "Run them again")
    assert "--trust-source" not in "".join(step.get("run", "") for step in rerun["steps"])
