"""`mixbench runs`: what lies in a runs folder, what no record needs, and that nothing else is dropped."""

import io
import json
import shutil

import pytest
from filelock import FileLock
from tiny import copied_runs, finished_record, finished_runs, suite_path

from mixbench.runs.ledger import drop, ledger


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def runs(tmp_path):
    """The finished record's runs, with a training that no record needs and what a killed write left."""
    made = copied_runs(tmp_path)
    (model,) = [path for path in made.glob("store/trainings/*") if path.name == trainings()["model"]]
    shutil.copytree(model, model.with_name("0" * 64))
    (made / "store" / "examinations" / ("1" * 64 + ".partial")).mkdir()
    (made / "store" / "examinations" / ("1" * 64 + ".partial") / "outcomes.npz").write_bytes(b"half")
    return made


def trainings() -> dict[str, str]:
    return json.loads(finished_record().read_text())["trainings"]


def names(runs) -> set[str]:
    return {str(path.relative_to(runs)) for path in runs.rglob("*") if path.is_file() and path.suffix != ".lock"}


def test_every_artefact_of_a_record_is_said_to_be_its_own(mixbench):
    said = mixbench("runs", "--runs", finished_runs(), "--json")
    rows = json.loads(said.out)
    assert said.code == 0
    assert rows[0]["name"] == finished_record().name
    kinds = [row["kind"] for row in rows[1:]]
    assert {kind: kinds.count(kind) for kind in kinds} == {"trainings": 5, "examinations": 1, "transfer": 1}
    assert all(row["needed_by"] == [finished_record().name] for row in rows[1:])
    whole = sum(path.stat().st_size for path in finished_runs().rglob("*") if path.is_file())
    assert sum(row["bytes"] for row in rows) == whole
    assert "mixbench runs --prune" not in mixbench("runs", "--runs", finished_runs()).out


def test_pruning_drops_what_no_record_needs_and_nothing_else(mixbench, runs):
    before = names(runs)
    assert "needed by nothing: 2, " in mixbench("runs", "--runs", runs).out
    said = mixbench("runs", "--runs", runs, "--prune", "--yes", "--json")
    assert [row["kind"] for row in json.loads(said.out)] == ["partial", "trainings"]
    gone = before - names(runs)
    assert all("0" * 64 in name or "1" * 64 in name for name in gone)
    assert names(runs) == names(finished_runs())
    assert mixbench("runs", "--runs", runs, "--prune").out == "dropped: 0, 0 B\n"
    words = ("eval", "--aug", "cutmix", "--suite", suite_path(), "--runs", runs, "--plan", "--json")
    assert all(job["cached"] for job in json.loads(mixbench(*words).out))


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("yes\n", 0), ("n\n", 2), ("\n", 2), ("", 2)])
def test_it_asks_first(mixbench, runs, monkeypatch, answer, left):
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    said = mixbench("runs", "--runs", runs, "--prune")
    assert said.code == 0
    assert "Drop these 2? [y/N]" in said.err
    assert sum(each.idle for each in ledger(runs)) == left


def test_where_nobody_can_answer_nothing_is_dropped(mixbench, runs, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    before = names(runs)
    said = mixbench("runs", "--runs", runs, "--prune")
    assert (said.code, said.out) == (2, "")
    assert "add --yes" in said.err
    assert names(runs) == before


def test_a_record_that_cannot_be_read_may_need_anything(mixbench, runs):
    (runs / "newer.json").write_text('{"schema_version": 99}')
    before = names(runs)
    said = mixbench("runs", "--runs", runs, "--prune", "--yes")
    assert said.code == 2
    assert "newer.json" in said.err
    assert names(runs) == before


def test_a_run_that_is_going_on_is_left_alone(mixbench, runs):
    before = names(runs)
    with FileLock(runs / "store" / "locks" / f"trainings-{'2' * 64}.lock"):
        said = mixbench("runs", "--runs", runs, "--prune", "--yes")
    assert said.code == 2
    assert "a run is going on there" in said.err
    assert names(runs) == before


def test_what_another_method_s_record_needed_is_idle_once_that_record_is_gone(mixbench, tmp_path):
    runs = copied_runs(tmp_path)
    next(runs.glob("*.json")).unlink()
    idle = [each for each in ledger(runs) if each.idle]
    assert len(idle) == 7
    assert {each.kind for each in idle} == {"trainings", "examinations", "transfer"}


def test_what_an_earlier_version_made_is_kept_where_its_use_cannot_be_told(tmp_path):
    runs = copied_runs(tmp_path)
    next(runs.glob("*.json")).unlink()
    for manifest in runs.glob("store/*/*/manifest"):
        content = json.loads(manifest.read_text())
        del content["needs"]
        manifest.write_text(json.dumps(content))
    assert {each.kind for each in ledger(runs) if each.idle} == {"trainings"}


def test_no_folder_is_one_line(mixbench, tmp_path):
    said = mixbench("runs", "--runs", tmp_path / "none")
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "'mixbench eval' makes it" in said.err


def test_what_is_kept_of_an_unfinished_training_is_listed_and_goes_where_nobody_trains(mixbench, tmp_path):
    runs = copied_runs(tmp_path)
    kept = runs / "store" / "checkpoints" / ("2" * 64) / "checkpoint.safetensors"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"state")
    (row,) = [row for row in json.loads(mixbench("runs", "--runs", runs, "--json").out) if row["kind"] == "checkpoints"]
    assert (row["bytes"], row["needed_by"]) == (5, [])
    with FileLock(runs / "store" / "locks" / f"trainings-{'2' * 64}.lock"):
        assert drop(runs, ledger(runs)) == []
        assert mixbench("runs", "--runs", runs, "--prune", "--yes").code == 2
    assert "dropped: 1, 5 B" in mixbench("runs", "--runs", runs, "--prune", "--yes").out
    assert not kept.parent.exists()
