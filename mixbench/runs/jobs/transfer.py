"""The job that makes the surrogate's adversarial examples."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from mixbench.results.arrays import newest
from mixbench.results.attacks import CORE, FIRST
from mixbench.results.record import BATTERY_VERSION
from mixbench.runs.jobs.artefact import ArtefactJob, Files
from mixbench.runs.jobs.job import Report
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.passes import Passes, examination_passes, transfer_passes
from mixbench.runs.sizes import Size, transfer_bytes
from mixbench.runs.store import Store, place_of
from mixbench.spec.digest import digest
from mixbench.spec.sections.execution import Expected
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec

EXAMINATION_LENGTH = 3
"""A few epochs, as progress counts."""


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
        return digest({**parts, **additions()})

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


def additions(shifts: Collection[str] = ()) -> dict[str, int]:
    """Return what a digest says of arrays that were added: what was made before lacks them, and says nothing."""
    version = newest(CORE, shifts)
    return {"outcomes": version} if version > FIRST else {}
