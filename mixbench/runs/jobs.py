"""The jobs that a plan is made of: pure data, named by what they make."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from mixbench.augment.table import BY_NAME
from mixbench.results.record import BATTERY_VERSION
from mixbench.spec.digest import digest
from mixbench.spec.sections import Battery
from mixbench.spec.strict import Strict
from mixbench.spec.training import TrainingSpec


class Job(Strict):
    """One idempotent piece of work; `needs` are the digests of the artefacts that must be there first."""

    kind: ClassVar[str]
    """The store's kind of artefact that the job makes."""
    title: str

    @property
    def digest(self) -> str:
        """The digest of what the job makes."""
        raise TypeError(f"{type(self).__name__} has no digest")

    @property
    def needs(self) -> tuple[str, ...]:
        """The digests of the jobs that come before."""
        return ()


class TrainJob(Job):
    """Train one model."""

    spec: TrainingSpec
    kind: ClassVar[str] = "trainings"

    @property
    def digest(self) -> str:
        """The training's digest."""
        return self.spec.digest


class TransferJob(Job):
    """Make the surrogate's adversarial examples, once for every subject."""

    surrogate: TrainingSpec
    eps: float
    kind: ClassVar[str] = "transfer"

    @property
    def needs(self) -> tuple[str, ...]:
        """The surrogate."""
        return (self.surrogate.digest,)

    @property
    def digest(self) -> str:
        """The digest over surrogate, ε and battery version."""
        return digest({"surrogate": self.surrogate.digest, "eps": self.eps, "battery_version": BATTERY_VERSION})


class Weights(Strict):
    """A file of weights trained elsewhere."""

    path: Path
    sha256: str


class ExamineJob(Job):
    """Run the model-level battery on a trained model, or on weights from elsewhere made by the same spec."""

    model: TrainingSpec
    weights: Weights | None
    transfer: TransferJob
    battery: dict[str, Any]
    kind: ClassVar[str] = "examinations"

    @property
    def needs(self) -> tuple[str, ...]:
        """The model, unless it comes from elsewhere, and the transfer examples."""
        return (self.transfer.digest,) if self.weights else (self.model.digest, self.transfer.digest)

    @property
    def digest(self) -> str:
        """The digest over subject, transfer examples, battery settings as written and battery version."""
        subject = {"weights": self.weights.sha256, "spec": self.model.digest} if self.weights else self.model.digest
        parts = {"subject": subject, "transfer": self.transfer.digest, "battery": self.battery}
        return digest({**parts, "battery_version": BATTERY_VERSION})

    def settings(self) -> Battery:
        """Return the battery's settings as typed values."""
        return Battery.model_validate(self.battery)


class CheckJob(Job):
    """Load the data and make every model once, so that nothing unfit starts to train; makes no artefact."""

    specs: tuple[TrainingSpec, ...]
    weights: Weights | None
    kind: ClassVar[str] = "checks"

    @property
    def digest(self) -> str:
        """The digest over what is checked."""
        return digest([[spec.digest for spec in self.specs], self.weights.sha256 if self.weights else None])


AnyJob = TrainJob | TransferJob | ExamineJob | CheckJob


def spec_of(job: TrainJob | TransferJob | ExamineJob) -> TrainingSpec:
    """Return the spec of the model that a job works on."""
    match job:
        case TrainJob(spec=spec) | ExamineJob(model=spec) | TransferJob(surrogate=spec):
            return spec


def runs_own_code(job: AnyJob) -> bool:
    """Say whether a job runs code of a user's own, which may leave its process with other settings than before."""
    specs = job.specs if isinstance(job, CheckJob) else (spec_of(job),)
    return any(name not in BY_NAME for spec in specs for name in spec.method_versions)
