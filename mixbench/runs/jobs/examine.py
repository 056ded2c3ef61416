"""The job that runs the model-level battery on one model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from mixbench.results.arrays import ARRAYS, array_bytes
from mixbench.results.attacks import CORE
from mixbench.results.record import BATTERY_VERSION
from mixbench.runs.jobs.artefact import ArtefactJob, Files
from mixbench.runs.jobs.job import Report
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.jobs.transfer import EXAMINATION_LENGTH, TransferJob, additions
from mixbench.runs.passes import Passes, examination_passes
from mixbench.runs.sizes import Size, axes
from mixbench.runs.store import Store, place_of
from mixbench.spec.digest import digest
from mixbench.spec.foreign import Foreign
from mixbench.spec.sections.battery import Battery
from mixbench.spec.sections.execution import Expected
from mixbench.spec.strict import Strict
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec
from mixbench.spec.written import measured


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
        return (*self.transfer.makes, *self.trained)

    @property
    def digest(self) -> str:
        """The digest over subject, transfer examples, battery settings and shifts as written, and battery version."""
        parts = {"subject": self.subject, "transfer": self.transfer.digest, "battery": self.battery}
        if self.shifts:
            parts |= measured({"shifts": list(self.shifts)})
        names = [shift["name"] for shift in self.shifts]
        return digest({**parts, "battery_version": BATTERY_VERSION, **additions(names)})

    @property
    def subject(self) -> Any:
        """What is examined, as digests."""
        return self._foreign(self.weights) if self.weights else self.model.digest

    @property
    def trained(self) -> tuple[str, ...]:
        """The folder of the model, unless it comes from elsewhere."""
        return () if self.weights else (place_of(TrainJob.kind, self.model.digest),)

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
