"""Files of uses: noted beside what was there, strict, and a stop to pruning where they cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import copied_runs, plan_of, suite_path

from mixbench.cli import main
from mixbench.runs.ledger import ledger
from mixbench.runs.uses import note_use, read_use, use_paths
from mixbench.spec.errors import MixBenchError


def test_uses_of_one_name_add_up_and_leave_guards_out(tmp_path: Path) -> None:
    first, second = (plan_of(suite_path(), "erm", seeds=seeds) for seeds in ((0,), (1,)))
    for plan in (first, second, second):
        note_use(tmp_path, "reproduce a/b on c", plan.jobs)
    note_use(tmp_path, "reproduce a-b on c", first.jobs)

    other, both = sorted((read_use(path) for path in use_paths(tmp_path)), key=lambda use: use.used_by)
    assert (both.used_by, other.used_by) == ("reproduce a/b on c", "reproduce a-b on c")
    assert set(both.artefacts) == {job.digest for job in (*first.jobs, *second.jobs) if not job.guard}
    assert set(other.artefacts) < set(both.artefacts)


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"version": 2, "used_by": "a", "artefacts": []}', '{"version": 1, "used_by": "a", "artefacts": ["x"]}'],
)
def test_a_use_that_cannot_be_read_may_need_anything(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = copied_runs(tmp_path)
    next(runs.glob("*.json")).unlink()
    (runs / "uses").mkdir()
    (runs / "uses" / "newer").write_text(content, encoding="utf-8")

    with pytest.raises(MixBenchError, match="needed a list of artefacts in use"):
        read_use(runs / "uses" / "newer")
    assert main(["runs", "--runs", str(runs), "--prune", "--yes"]) == 2
    assert "newer: cannot be read" in capsys.readouterr().err
    assert any(each.idle for each in ledger(runs))


def test_a_use_keeps_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    runs = copied_runs(tmp_path)
    (record,) = runs.glob("*.json")
    trained = json.loads(record.read_text(encoding="utf-8"))["trainings"]
    record.unlink()
    plan = plan_of(suite_path(), "cutmix")
    note_use(runs, "mine", [job for job in plan.jobs if job.digest == trained["model"]])

    (use,) = use_paths(runs)
    used = [each for each in ledger(runs) if each.needed_by == (use.name,)]
    assert [each.path.name for each in used] == [trained["model"]]
    assert sum(each.idle for each in ledger(runs)) == 6
