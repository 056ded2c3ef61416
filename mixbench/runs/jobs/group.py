"""The job that runs an optional group's attacks on an examination's model."""

from __future__ import annotations

from typing import ClassVar

from mixbench.results.arrays import ARRAYS, array_bytes, newest
from mixbench.results.record import BATTERY_VERSION
from mixbench.runs.jobs.artefact import ArtefactJob, Files
from mixbench.runs.jobs.examine import ExamineJob
from mixbench.runs.jobs.job import Report
from mixbench.runs.jobs.transfer import EXAMINATION_LENGTH
from mixbench.runs.passes import Passes, group_passes
from mixbench.runs.sizes import Size, axes
from mixbench.runs.store import Store
from mixbench.spec.digest import digest
from mixbench.spec.sections.execution import Expected
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec


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
        return self.examination.trained

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
