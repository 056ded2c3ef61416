"""The table of engines, and that every command and call that trains hands its jobs to the one that it was given."""

from __future__ import annotations

import json

import pytest
from drawn import outcomes, write_drawn
from errands import upload
from paper import OF_CUTMIX
from tiny import finished_record, finished_runs, plan_of, suite_path

import mixbench as package
from mixbench.results.record import load_record
from mixbench.runs import engine, engines, together
from mixbench.runs.engines import ENGINES, EngineRow, Venue, engine_named
from mixbench.runs.jobs.examine import ExamineJob
from mixbench.runs.schedule import Schedule, missing
from mixbench.runs.store import MANIFEST
from mixbench.runs.worker import Message, end_of
from mixbench.spec.errors import MixBenchError


class Far:
    """An engine that works on a folder far away, as a cluster's machines do, but in this process and in order."""

    def __init__(self, mirror, tmp_path) -> None:
        self.mirror, self.folder, self.done = mirror, tmp_path / "machine", []

    def run(self, jobs, runs, listen, workers=None):
        from mixbench.runs.cluster.node import work

        schedule = Schedule(missing(jobs, self.mirror))
        while job := schedule.next():
            listen(job, Message("started", job.digest))
            place = self.folder / str(len(self.done))
            message = end_of(job, lambda job=job, place=place: work(job, self.mirror.shared, place, lambda said: None))
            listen(job, schedule.end(job, message))
            self.done.append(job.kind)
        self.mirror.refresh()
        return schedule.outcome


@pytest.fixture
def far(tmp_path, monkeypatch) -> Far:
    """An engine of this name whose runs folder is a URL, where the finished runs lie without record and examination."""
    pytest.importorskip("fsspec", reason="needs the extra ray")
    from mixbench.runs.cluster.mirror import Mirror
    from mixbench.runs.cluster.shared import Shared

    monkeypatch.setattr("mixbench.runs.cluster.mirror.cache", lambda: tmp_path / "cache")
    shared = Shared(f"memory://{tmp_path.name}")
    upload(shared, finished_runs())
    (examination,) = (job for job in plan_of(suite_path(), "cutmix").jobs if isinstance(job, ExamineJob))
    for name in (finished_record().name, f"{examination.makes[0]}/{MANIFEST}"):
        shared.drop(name)
    made = Far(Mirror(shared), tmp_path)

    def venue(runs) -> Venue:
        assert runs == shared.address
        made.mirror.refresh()
        return Venue(made.run, made.mirror.runs, made.mirror, 1, shared.address)

    monkeypatch.setitem(ENGINES, "far", EngineRow(venue, elsewhere=True))
    return made


def asked(far: Far) -> tuple[str, ...]:
    return "--engine", "far", "--runs", far.mirror.shared.address, "--device", "cpu"


def test_a_call_hands_its_jobs_to_the_engine_and_gives_the_same_record(far):
    (record,) = package.run("cutmix", suite=suite_path(), runs=far.mirror.shared.address, engine="far", device="cpu")
    made_here = load_record(finished_record())
    assert (record.readings, record.outcomes) == (made_here.readings, made_here.outcomes)
    assert far.done == ["checks", "examinations", "records"]


def test_reproduce_hands_its_jobs_to_the_engine_and_reads_what_lies_at_the_url(far, mixbench, tmp_path):
    write_drawn(tmp_path / "drawn", suite_path(), "erm", 0, outcomes())
    upload(far.mirror.shared, tmp_path / "drawn")
    file = tmp_path / "mine.toml"
    file.write_text(OF_CUTMIX, encoding="utf-8")
    words = ("reproduce", file, "--on", suite_path(), "--seeds", 1, "--json", *asked(far))
    said = mixbench(*words)
    assert said.code == 0, said.err
    (cell,) = json.loads(said.out)["settings"][0]["rows"][1]["cells"]
    assert cell["mean"] == load_record(finished_record()).readings["clean.top1_error"].value
    assert far.done == ["checks", "examinations"]
    again = mixbench(*words).out == said.out
    assert again
    assert far.done == ["checks", "examinations"]


def test_compare_hands_its_jobs_to_the_engine(far, mixbench, tmp_path):
    for aug, seeds in (("cutmix", (1, 2)), ("erm", (0, 1, 2))):
        for seed in seeds:
            write_drawn(tmp_path / "drawn", suite_path(), aug, seed, outcomes())
    upload(far.mirror.shared, tmp_path / "drawn")
    words = ("compare", "cutmix", "erm", "--suite", suite_path(), "--until-decided", "--most-seeds", 3)
    said = mixbench(*words, *asked(far))
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1].startswith("cutmix in clean.top1_error after 3 seeds: ")
    assert far.done == ["checks", "examinations"]


def test_a_copy_that_was_cut_short_comes_again(far):
    training = plan_of(suite_path(), "cutmix").records[0].trainings["model"]
    far.mirror.refresh()
    path = far.mirror.file("trainings", training.digest, "outcomes.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert far.mirror.file("trainings", training.digest, "outcomes.npz").read_bytes() == whole


def test_without_another_the_engine_is_this_machines(tmp_path):
    venue = engine_named(engines.DEFAULT_ENGINE).venue(tmp_path)
    assert (venue.run, venue.folder, venue.store.runs, venue.workers) == (engine.run, tmp_path, tmp_path, None)
    assert not engine_named(engines.DEFAULT_ENGINE).elsewhere


def test_torchruns_processes_join_where_a_command_is_for_them(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "processes", lambda: 2)
    assert engine_named("local").venue(tmp_path, torchrun=True).run is together.run
    assert engine_named("local").venue(tmp_path).run is engine.run
    monkeypatch.setitem(ENGINES, "alone", EngineRow(ENGINES["local"].alone))
    with pytest.raises(MixBenchError, match="--engine alone: needed one process, got torchrun's"):
        engine_named("alone")


@pytest.mark.parametrize("name", ["lokal", 3])
def test_a_name_that_is_none_is_one_line(name):
    with pytest.raises(MixBenchError, match=rf"unknown engine '{name}': one of local, ray\.") as caught:
        package.run("erm", engine=name)
    assert ("Did you mean 'local'?" in str(caught.value)) == (name == "lokal")


def test_compare_takes_an_engine_only_where_it_trains(mixbench):
    said = mixbench("compare", "erm", "mixup", "--engine", "ray")
    assert (said.code, said.out) == (2, "")
    assert "--engine goes with --until-decided; add it, or leave --engine out" in said.err
