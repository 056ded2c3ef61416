"""The jobs on models: train, make the surrogate's examples, examine, check; pure data, named by what they make."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any, ClassVar

from mixbench.results.arrays import ARRAYS, TRAINING, array_bytes, newest
from mixbench.results.attacks import CORE, FIRST
from mixbench.results.record import BATTERY_VERSION
from mixbench.runs.job import Job, Report
from mixbench.runs.passes import Passes, examination_passes, group_passes, training_passes_of, transfer_passes
from mixbench.runs.provenance import cpu_model, made_with
from mixbench.runs.sizes import Size, axes, transfer_bytes
from mixbench.runs.store import CHECKPOINTS, Store, place_of, storage_errors
from mixbench.spec.digest import digest
from mixbench.spec.foreign import Foreign
from mixbench.spec.sections.battery import Battery
from mixbench.spec.sections.execution import Expected
from mixbench.spec.strict import Strict
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec
from mixbench.spec.written import measured

Files = tuple[Mapping[str, bytes | IO[bytes]], dict[str, Any]]
"""What a job puts into the store: files by name, and what its manifest says about them."""

EARLIER = "earlier_seconds"
"""What a job says of the time that it took before it went on."""

EXAMINATION_LENGTH = 3


class ArtefactJob(Strict, Job):
    """A job that makes one artefact of the store, on one model of a suite unless it says otherwise."""

    title: str

    @property
    def spec(self) -> TrainingSpec:
        """The spec of the model that the job makes or examines."""
        return self.specs[0]

    @property
    def family(self) -> str:
        """What the artefact is timed with."""
        return self.spec.family

    @property
    def makes(self) -> tuple[str, ...]:
        """The artefact's folder."""
        return (place_of(self.kind, self.digest),)

    def is_done(self, store: Store) -> bool:
        """Say whether the artefact is there and whole."""
        return store.find(self.kind, self.digest) is not None

    def do(self, store: Store, report: Report = lambda progress: None) -> None:
        """Make the artefact unless it is there; whoever else wants it at the same time waits and finds it."""
        with store.lock(self.kind, self.digest):
            if self.is_done(store):
                return
            started = time.perf_counter()
            files, about = self.make(store, report)
            seconds = time.perf_counter() - started + about.pop(EARLIER, 0.0)
            self.keep(store, files, {"cpu_model": cpu_model(), **about}, seconds)

    def keep(self, store: Store, files: Mapping[str, bytes | IO[bytes]], about: dict[str, Any], seconds: float) -> None:
        """Put the artefact into the store; whoever calls holds its lock."""
        about = {**about, "title": self.title, "family": self.family, "needs": list(self.needs)}
        with storage_errors(store.runs):
            store.put(self.kind, self.digest, files, seconds=seconds, made_with=made_with(), **about)

    def make(self, store: Store, report: Report) -> Files:
        """Return the artefact's files and what its manifest says; MixBenchError where it cannot be made."""
        raise NotImplementedError


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


def _additions(shifts: Collection[str] = ()) -> dict[str, int]:
    """What was made before an array was added lacks it; before the first addition nothing of it was in a digest."""
    version = newest(CORE, shifts)
    return {"outcomes": version} if version > FIRST else {}


class TransferJob(ArtefactJob):
    """Make the surrogate's adversarial examples, once for every subject."""

    surrogate: TrainingSpec
    eps: float
    kind: ClassVar[str] = "transfer"

    @property
    def specs(self) -> tuple[TrainingSpec, ...]:
        """The surrogate's."""
        return (self.surrogate,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The surrogate."""
        return (self.surrogate.digest,)

    @property
    def reads(self) -> tuple[str, ...]:
        """The surrogate's folder."""
        return (place_of(TrainJob.kind, self.surrogate.digest),)

    @property
    def digest(self) -> str:
        """The digest over surrogate, ε and battery version."""
        parts = {"surrogate": self.surrogate.digest, "eps": self.eps, "battery_version": BATTERY_VERSION}
        return digest({**parts, **_additions()})

    @property
    def length(self) -> int:
        """An examination's."""
        return EXAMINATION_LENGTH

    def passes(self, suite: Suite) -> Passes:
        """The attacks' over the test images."""
        return transfer_passes().times(suite.data.test_images)

    def stored_bytes(self, suite: Suite, size: Size) -> int:
        """Every attack's examples, float32."""
        return transfer_bytes(suite)

    def usual_seconds(self, suite: Suite, expected: Expected) -> float:
        """Return the share of an examination's by their passes."""
        whole = examination_passes(suite)
        return expected.examination_seconds * self.passes(suite).weight / whole.weight

    def make(self, store: Store, report: Report) -> Files:
        """Attack the surrogate."""
        from mixbench.runs.measuring import attack_surrogate

        return attack_surrogate(self.surrogate, self.eps, store)


class Weights(Strict):
    """A file of weights trained elsewhere, and how its model is made."""

    path: Path
    sha256: str
    made: Foreign


class ExamineJob(ArtefactJob):
    """Run the model-level battery on a trained model, or on weights from elsewhere made by the same spec."""

    model: TrainingSpec
    weights: Weights | None
    transfer: TransferJob
    battery: dict[str, Any]
    shifts: tuple[dict[str, Any], ...] = ()
    kind: ClassVar[str] = "examinations"

    @property
    def specs(self) -> tuple[TrainingSpec, ...]:
        """The subject's."""
        return (self.model,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The model, unless it comes from elsewhere, and the transfer examples."""
        return (self.transfer.digest,) if self.weights else (self.model.digest, self.transfer.digest)

    @property
    def reads(self) -> tuple[str, ...]:
        """The folders of what it needs."""
        return (*self.transfer.makes, *_trained(self))

    @property
    def digest(self) -> str:
        """The digest over subject, transfer examples, battery settings and shifts as written, and battery version."""
        parts = {"subject": self.subject, "transfer": self.transfer.digest, "battery": self.battery}
        if self.shifts:
            parts |= measured({"shifts": list(self.shifts)})
        names = [shift["name"] for shift in self.shifts]
        return digest({**parts, "battery_version": BATTERY_VERSION, **_additions(names)})

    @property
    def subject(self) -> Any:
        """What is examined, as digests."""
        return self._foreign(self.weights) if self.weights else self.model.digest

    @property
    def length(self) -> int:
        """A few epochs'."""
        return EXAMINATION_LENGTH

    def _foreign(self, weights: Weights) -> dict[str, Any]:
        made = weights.made.model_dump(mode="json", exclude={"stem_source", "normalisation_source"})
        return {"weights": weights.sha256, "spec": self.model.digest, "made": made}

    def settings(self) -> Battery:
        """Return the battery's settings as typed values."""
        return Battery.model_validate(self.battery)

    def passes(self, suite: Suite) -> Passes:
        """The battery's over the test images, as they are and shifted, and those in between."""
        return examination_passes(suite)

    def stored_bytes(self, suite: Suite, size: Size) -> int:
        """What is measured of each image and pair."""
        shifts = {"", *(shift["name"] for shift in self.shifts)}
        mixers = {"", *suite.data.values.mixers}
        made = (row for row in ARRAYS if row.shift in shifts and row.mixer in mixers)
        rows = [row for row in made if row.group == CORE and not row.role]
        return array_bytes(rows, axes(suite))

    def usual_seconds(self, suite: Suite, expected: Expected) -> float:
        """Return the seconds that a suite's file expects of an examination."""
        return expected.examination_seconds

    def make(self, store: Store, report: Report) -> Files:
        """Run the battery."""
        from mixbench.runs.measuring import examine_model

        return examine_model(self, store)


def _trained(examination: ExamineJob) -> tuple[str, ...]:
    """The folder of an examination's model, unless that comes from elsewhere."""
    return () if examination.weights else (place_of(TrainJob.kind, examination.model.digest),)


class GroupJob(ArtefactJob):
    """Run an optional group's attacks on the subject of an examination, which need not be there."""

    examination: ExamineJob
    group: str
    kind: ClassVar[str] = "groups"

    @property
    def specs(self) -> tuple[TrainingSpec, ...]:
        """The subject's."""
        return self.examination.specs

    @property
    def needs(self) -> tuple[str, ...]:
        """The model, unless it comes from elsewhere."""
        return () if self.examination.weights else (self.examination.model.digest,)

    @property
    def reads(self) -> tuple[str, ...]:
        """The model's folder."""
        return _trained(self.examination)

    @property
    def digest(self) -> str:
        """The digest over subject, group, battery settings as written and versions."""
        parts = {"subject": self.examination.subject, "group": self.group, "battery": self.examination.battery}
        return digest({**parts, "battery_version": BATTERY_VERSION, "outcomes": newest(self.group)})

    @property
    def length(self) -> int:
        """An examination's."""
        return EXAMINATION_LENGTH

    def passes(self, suite: Suite) -> Passes:
        """The attacks' over the test images."""
        return group_passes(self.group).times(suite.data.test_images)

    def stored_bytes(self, suite: Suite, size: Size) -> int:
        """What is measured of each image."""
        return array_bytes([row for row in ARRAYS if row.group == self.group], axes(suite))

    def usual_seconds(self, suite: Suite, expected: Expected) -> float:
        """Return the share of an examination's by their passes."""
        share = self.passes(suite).weight / self.examination.passes(suite).weight
        return share * self.examination.usual_seconds(suite, expected)

    def make(self, store: Store, report: Report) -> Files:
        """Attack the subject."""
        from mixbench.runs.measuring import attack_model

        return attack_model(self, store)


class CheckJob(Strict, Job):
    """Load the data and make every model once, so that nothing unfit starts to train; makes no artefact."""

    title: str
    models: tuple[TrainingSpec, ...]
    weights: Weights | None
    shifts: tuple[dict[str, Any], ...] = ()
    kind: ClassVar[str] = "checks"
    guard: ClassVar[bool] = True

    @property
    def specs(self) -> tuple[TrainingSpec, ...]:
        """Every model's."""
        return self.models

    @property
    def digest(self) -> str:
        """The digest over what is checked."""
        models = [spec.digest for spec in self.models]
        return digest([models, self.weights.sha256 if self.weights else None, *self.shifts])

    def is_done(self, store: Store) -> bool:
        """Say yes: nothing is missing where it was not asked."""
        return True

    def do(self, store: Store, report: Report = lambda progress: None) -> None:
        """Check; MixBenchError with all that do not fit."""
        from mixbench.runs.work import check_models

        check_models(self.models, self.weights, self.shifts)
