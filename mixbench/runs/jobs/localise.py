"""The job that localises: where a trained model sees the known items of the test images."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from mixbench.results.outcomes import load_outcomes
from mixbench.runs.jobs.artefact import ArtefactJob, Files
from mixbench.runs.jobs.job import Report
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.passes import Passes, examination_passes
from mixbench.runs.sizes import Size
from mixbench.runs.store import Store, place_of
from mixbench.spec.digest import digest
from mixbench.spec.sections.execution import Expected
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec

VERSION = 1
"""Raised whenever what is found by a model changes."""

STORED_BYTES = 56
"""An image's: a box, an overlap and two labels, of eight bytes each."""


class LocaliseJob(ArtefactJob):
    """Find the test images' items by the class activation maps of a trained model."""

    model: TrainingSpec
    kind: ClassVar[str] = "localisations"

    @property
    def specs(self) -> tuple[TrainingSpec, ...]:
        """The model's."""
        return (self.model,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The model."""
        return (self.model.digest,)

    @property
    def reads(self) -> tuple[str, ...]:
        """The model's folder."""
        return (place_of(TrainJob.kind, self.model.digest),)

    @property
    def digest(self) -> str:
        """The digest over model and version."""
        return digest({"model": self.model.digest, "localisation_version": VERSION})

    def passes(self, suite: Suite) -> Passes:
        """Two of the test images: to the map, and to the logits that check it."""
        return Passes(forward=2 * suite.data.test_images)

    def stored_bytes(self, suite: Suite, size: Size) -> int:
        """What is found in each image."""
        return STORED_BYTES * suite.data.test_images

    def usual_seconds(self, suite: Suite, expected: Expected) -> float:
        """Return the share of an examination's by their passes."""
        return expected.examination_seconds * self.passes(suite).weight / examination_passes(suite).weight

    def found(self, store: Store) -> dict[str, np.ndarray]:
        """Return what lies in the store, as `localise` of the battery returns it."""
        return load_outcomes(store.file(self.kind, self.digest, "outcomes.npz"))

    def make(self, store: Store, report: Report) -> Files:
        """Localise."""
        from mixbench.runs.measuring import localise_items

        return localise_items(self, store)
