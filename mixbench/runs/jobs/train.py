"""The job that trains one model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from mixbench.results.arrays import TRAINING, array_bytes
from mixbench.runs.jobs.artefact import ArtefactJob, Files
from mixbench.runs.jobs.job import Report
from mixbench.runs.passes import Passes, training_passes_of
from mixbench.runs.sizes import Size, axes
from mixbench.runs.store import CHECKPOINTS, Store, place_of
from mixbench.spec.sections.execution import Expected
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec


class TrainJob(ArtefactJob):
    """Train one model."""

    training: TrainingSpec
    kind: ClassVar[str] = "trainings"

    @property
    def specs(self) -> tuple[TrainingSpec, ...]:
        """The training's."""
        return (self.training,)

    @property
    def digest(self) -> str:
        """The training's digest."""
        return self.training.digest

    @property
    def needs(self) -> tuple[str, ...]:
        """The training whose weights it begins with, if any."""
        return (self.training.pretraining.digest,) if self.training.pretraining else ()

    @property
    def reads(self) -> tuple[str, ...]:
        """That training's folder."""
        return tuple(place_of(self.kind, digest) for digest in self.needs)

    @property
    def keeps(self) -> tuple[str, ...]:
        """The folder of its state."""
        return (place_of(CHECKPOINTS, self.digest),)

    @property
    def length(self) -> int:
        """The epochs."""
        return self.training.resolved()[2].epochs

    def passes(self, suite: Suite) -> Passes:
        """Return the training's."""
        return training_passes_of(suite, self.training.augmentation)

    def stored_bytes(self, suite: Suite, size: Size) -> int:
        """The weights and what the model predicts."""
        return size.weights + array_bytes(TRAINING, axes(suite))

    def usual_seconds(self, suite: Suite, expected: Expected) -> float:
        """Return the seconds that a suite's file expects of ERM's training, by the passes of this one."""
        return expected.training_seconds * self.passes(suite).weight / training_passes_of(suite, "erm").weight

    def make(self, store: Store, report: Report) -> Files:
        """Train."""
        from mixbench.runs.work import train_model

        return train_model(self.training, report, store)

    def keep(self, store: Store, files: Mapping[str, bytes | IO[bytes]], about: dict[str, Any], seconds: float) -> None:
        """Put the training into the store; what was kept of it on the way goes."""
        super().keep(store, files, about, seconds)
        store.drop(CHECKPOINTS, self.digest)
