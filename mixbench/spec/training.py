"""What one training is a pure function of, and the digest that names it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import Field

from mixbench.spec.digest import digest
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.execution import Execution
from mixbench.spec.sections.model import Model
from mixbench.spec.sections.training import Budget
from mixbench.spec.sections.transform import Transform
from mixbench.spec.strict import Strict
from mixbench.spec.suite import Suite
from mixbench.spec.written import measured

TRAINING_VERSION = 1
"""Raised whenever the training code changes a training's numbers."""


class TrainingSpec(Strict):
    """One training; `data`, `transform`, `budget` and `model` as the suite wrote them, so no new default moves the
    digest."""

    data: dict[str, Any]
    transform: dict[str, Any]
    budget: dict[str, Any]
    backbone: str
    augmentation: str
    method_versions: dict[str, int | str]
    noise: float | Literal["given"]
    seed: int
    device: Literal["cpu", "cuda"]
    training_version: int = TRAINING_VERSION
    model: dict[str, Any] = Field(default_factory=dict)
    sources: dict[str, str] = Field(default_factory=dict)
    """Where the files of a user's own methods lie; not in the digest, which has what is in them."""
    run_sources: bool = True
    """Whether those files may be run. Without that the training can be examined, as its backbone, and not be made."""
    checkpoint_minutes: float = Execution().checkpoint_minutes
    """How often its state is kept while it is made; not in the digest."""
    processes: int = 1
    """Among how many each batch is divided; with another number its sums have other last bits."""
    micro_batch: int | None = None
    """How many images go through the model at once, None for all of a process's."""
    pretraining: TrainingSpec | None = None
    """The training with whose weights the model begins, but for its head, which is new; None for random ones."""

    @classmethod
    def of(cls, suite: Suite, **rest: Any) -> TrainingSpec:
        """Make the spec of a training under a suite."""
        written = suite.written
        parts = {"data": written["data"], "transform": written["transform"], "budget": written["training"]}
        parts |= {"model": written.get("model", {}), **suite.execution.model_dump()}
        return cls(**{**parts, **rest})

    @cached_property
    def digest(self) -> str:
        """64 hexadecimal digits; same spec, same digest, whoever asked."""
        outside = {"sources", "run_sources", "checkpoint_minutes", "pretraining"}
        dumped = measured(self.model_dump(mode="json", exclude=outside))
        before = {"pretraining": self.pretraining.digest} if self.pretraining else {}
        # What a training leaves as it is is not in its digest, which stays as it was before there was a choice.
        usual = {"model": {}, "processes": 1, "micro_batch": None}
        unusual = {key: value for key, value in dumped.items() if key not in usual or value != usual[key]}
        return digest(unusual | before)

    @property
    def family(self) -> str:
        """The digest of what decides a training's cost."""
        found = measured({"data": self.data, "model": self.model})
        made = [found["model"]] if self.model else []
        made += [self.processes, self.micro_batch] if (self.processes, self.micro_batch) != (1, None) else []
        return digest([found["data"], self.budget, self.backbone, self.device, *made])

    @property
    def start(self) -> Model:
        """How the model is made, as typed values."""
        return Model.model_validate(self.model)

    def resolved(self) -> tuple[Data, Transform, Budget]:
        """Return data, base transform and budget as typed values."""
        return (
            Data.model_validate(self.data),
            Transform.model_validate(self.transform),
            Budget.model_validate(self.budget),
        )
