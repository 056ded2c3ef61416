"""Under torchrun: what one process alone meets ends it, what all meet alike does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tiny import plan_of, suite_path

from mixbench.runs import together, work
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError, TrainingDiverged


@dataclass
class Told:
    """A process that tells of some specs and then of none."""

    specs: list[str] = field(default_factory=list)

    def tell(self, spec: str = "") -> str:
        return self.specs.pop(0) if self.specs else ""


def training() -> TrainJob:
    return next(job for job in plan_of(suite_path(), "erm").jobs if isinstance(job, TrainJob))


def fails(error: Exception):
    def fail(*args: object, **more: object) -> None:
        raise error

    return fail


def test_a_follower_goes_on_after_what_all_meet_and_ends_with_what_it_meets_alone(tmp_path: Path, monkeypatch) -> None:
    spec = training().training.model_dump_json()
    monkeypatch.setattr(work, "train", fails(TrainingDiverged("the loss became nan")))
    told = Told([spec, spec])
    work.follow(told, Store(tmp_path))
    assert told.specs == []

    monkeypatch.setattr(work, "train", fails(MixBenchError("a picture cannot be read")))
    with pytest.raises(MixBenchError, match="a picture cannot be read"):
        work.follow(Told([spec]), Store(tmp_path))


def test_the_first_process_ends_all_with_what_it_meets_alone(tmp_path: Path, monkeypatch) -> None:
    job = training()
    monkeypatch.setattr(TrainJob, "do", fails(TrainingDiverged("the loss became nan")))
    assert together._done(job, Store(tmp_path), lambda job, message: None).what == "failed"

    monkeypatch.setattr(TrainJob, "do", fails(MixBenchError("a picture cannot be read")))
    with pytest.raises(MixBenchError, match="a picture cannot be read; all processes end"):
        together._done(job, Store(tmp_path), lambda job, message: None)
