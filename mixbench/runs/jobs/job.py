"""What a job is: idempotent work that knows its needs, its cost, when it is done and how to do itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from mixbench.augment.table import BY_NAME
from mixbench.runs.passes import Passes
from mixbench.runs.sizes import Size
from mixbench.runs.store import Store
from mixbench.spec.sections.execution import Expected
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec

Report = Callable[[dict[str, Any]], None]
"""Hears how far a job is: epoch of epochs, and test_error where there is one, or what it says for people."""

SHORT_SECONDS = 2.0
"""About what a job takes that runs no model over all images."""


class Job:
    """One idempotent piece of work, in any order that its `needs` allow."""

    kind: ClassVar[str]
    """What the job makes; the store's kind of artefact where it makes one."""
    guard: ClassVar[bool] = False
    """Comes before all others; where it fails, none of them starts."""
    title: str

    @property
    def digest(self) -> str:
        """The digest of what the job makes."""
        raise NotImplementedError

    @property
    def specs(self) -> tuple[TrainingSpec, ...]:
        """The specs of the models that the job makes or examines."""
        return ()

    @property
    def length(self) -> int:
        """The job's length in epochs, as progress counts."""
        return 1

    @property
    def needs(self) -> tuple[str, ...]:
        """The digests of the jobs that come before."""
        return ()

    @property
    def makes(self) -> tuple[str, ...]:
        """Files and folders within a runs folder that the job makes, in the order in which they are written."""
        return ()

    @property
    def keeps(self) -> tuple[str, ...]:
        """Folders within a runs folder where the job keeps what it has so far, to go on from when it was killed."""
        return ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Folders of artefacts within a runs folder that the job reads where they are there."""
        return ()

    @property
    def computes(self) -> bool:
        """Whether the job trains or examines, which takes long and needs torch."""
        return bool(self.specs) and not self.guard

    @property
    def runs_own_code(self) -> bool:
        """Whether the job runs a user's own method, which may leave its process with other settings than before."""
        return any(name not in BY_NAME for spec in self.specs for name in spec.method_versions)

    def passes(self, suite: Suite) -> Passes:
        """Return how many images go through the model, and which way."""
        return Passes()

    def stored_bytes(self, suite: Suite, size: Size) -> int:
        """Return about how many bytes the job leaves in the store, for a backbone of a size."""
        return 0

    def usual_seconds(self, suite: Suite, expected: Expected) -> float:
        """Return the seconds that a suite's file expects."""
        return SHORT_SECONDS

    def is_done(self, store: Store) -> bool:
        """Say whether what the job makes is there and whole."""
        raise NotImplementedError

    def do(self, store: Store, report: Report) -> None:
        """Make it unless it is there; MixBenchError where it cannot be made, and then nothing of it is there."""
        raise NotImplementedError
