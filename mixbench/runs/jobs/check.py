"""The job that comes before all others and looks whether data and models fit."""

from __future__ import annotations

from typing import Any, ClassVar

from mixbench.runs.jobs.examine import Weights
from mixbench.runs.jobs.job import Job, Report
from mixbench.runs.store import Store
from mixbench.spec.digest import digest
from mixbench.spec.strict import Strict
from mixbench.spec.training import TrainingSpec


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
