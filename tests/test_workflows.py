"""The workflows: no stranger's code with rights."""

import pytest
from workflows import WORKFLOWS, script, steps, workflow


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
