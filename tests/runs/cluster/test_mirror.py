"""The driver's copy of a runs folder at a URL: what is done there is known here, weights stay there."""

import pytest
from errands import upload
from tiny import copied_runs, files_of, finished_runs, plan_of, suite_path

pytest.importorskip("fsspec", reason="needs the extra ray")


from mixbench.results.record import load_record
from mixbench.runs.cluster.mirror import Mirror
from mixbench.runs.cluster.shared import Shared
from mixbench.runs.cost import costs
from mixbench.runs.request import unfinished_jobs


@pytest.fixture
def mirror(tmp_path, monkeypatch) -> Mirror:
    monkeypatch.setattr("mixbench.runs.cluster.mirror.cache", lambda: tmp_path / "cache")
    made = Mirror(Shared(f"memory://{tmp_path.name}"))
    upload(made.shared, finished_runs())
    made.refresh()
    return made


def test_records_come_whole_and_of_artefacts_the_manifests_alone(mirror):
    (record,) = mirror.runs.glob("*.json")
    assert load_record(record) == load_record(finished_runs() / record.name)
    assert record.with_suffix(".npz").read_bytes() == (finished_runs() / record.name).with_suffix(".npz").read_bytes()
    assert files_of(mirror.runs) == {}
    assert unfinished_jobs(plan_of(suite_path(), "cutmix"), mirror) == []
    assert all(cost.cached for cost in costs(plan_of(suite_path(), "cutmix"), mirror))


def test_a_second_look_brings_only_what_is_new(mirror, monkeypatch):
    asked, read = [], Shared.read

    def seen(self, names):
        asked.extend(names)
        return read(self, names)

    monkeypatch.setattr(Shared, "read", seen)
    monkeypatch.setattr(Shared, "fetch", None)
    mirror.refresh()
    assert asked == [path.name for path in mirror.runs.glob("*.json")]


def test_what_went_there_is_forgotten_here(mirror):
    plan = plan_of(suite_path(), "cutmix")
    training = plan.records[0].trainings["noise20"]
    (record,) = mirror.runs.glob("*.json")
    mirror.shared.drop(f"store/trainings/{training.digest}/manifest")
    mirror.shared.drop(record.name)
    mirror.refresh()
    assert not record.exists()
    assert training.digest in {job.digest for job in unfinished_jobs(plan, mirror)}
    assert len(list(mirror.manifests("trainings"))) == 4


def test_a_record_that_changed_there_changes_here(mirror, tmp_path):
    (record,) = mirror.runs.glob("*.json")
    other = copied_runs(tmp_path) / record.name
    other.write_bytes(other.read_bytes() + b"\n")
    other.with_suffix(".npz").write_bytes(b"other outcomes")
    for path in (other.with_suffix(".npz"), other):
        mirror.shared.publish(path.name, other.parent)
    mirror.refresh()
    assert record.read_bytes() == other.read_bytes()
    assert record.with_suffix(".npz").read_bytes() == b"other outcomes"
