"""What one training is a pure function of, and the digest that names it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from mixbench.spec.digest import digest
from mixbench.spec.sections import Budget, Data, Transform, without_places
from mixbench.spec.strict import Strict
from mixbench.spec.suite import Suite

TRAINING_VERSION = 1
"""Raised whenever the training code changes a training's numbers."""


class TrainingSpec(Strict):
    """One training; `data`, `transform` and `budget` as the suite wrote them, so no new default moves the digest."""

    data: dict[str, Any]
    transform: dict[str, Any]
    budget: dict[str, Any]
    backbone: str
    augmentation: str
    method_versions: dict[str, int | str]
    noise: float
    seed: int
    device: Literal["cpu", "cuda"]
    training_version: int = TRAINING_VERSION
    sources: dict[str, str] = Field(default_factory=dict)
    """Where the files of a user's own methods lie; not in the digest, which has what is in them."""

    @classmethod
    def of(cls, suite: Suite, **rest: Any) -> TrainingSpec:
        """Make the spec of a training under a suite."""
        written = suite.written
        parts = {"data": written["data"], "transform": written["transform"], "budget": written["training"]}
        return cls(**parts, **rest)

    @cached_property
    def digest(self) -> str:
        """64 hexadecimal digits; same spec, same digest, whoever asked."""
        return digest(self._identity(self.model_dump(mode="json", exclude={"sources"})))

    @property
    def family(self) -> str:
        """The digest of what decides a training's cost."""
        found = self._identity({"data": self.data, "budget": self.budget})
        return digest([found["data"], found["budget"], self.backbone, self.device])

    def _identity(self, dumped: dict[str, Any]) -> dict[str, Any]:
        """A suite's tables without places; the suite calls the budget `training`."""
        bare = without_places({"data": dumped["data"], "training": dumped["budget"]})
        return {**dumped, "data": bare["data"], "budget": bare["training"]}

    def resolved(self) -> tuple[Data, Transform, Budget]:
        """Return data, base transform and budget as typed values."""
        return (
            Data.model_validate(self.data),
            Transform.model_validate(self.transform),
            Budget.model_validate(self.budget),
        )
