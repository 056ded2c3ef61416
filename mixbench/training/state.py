"""What changes while a model trains, taken out between two steps and put back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from mixbench.training.several import Alone


@dataclass
class Progress:
    """How far a training is: the epochs that are done, the steps of the next one, and what they gave."""

    epoch: int = 0
    step: int = 0
    step_losses: list[Tensor] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)


@dataclass
class State:
    """A training between two steps; all else follows from its spec, torch's global generators apart."""

    model: nn.Module
    learned: dict[str, nn.Module]
    optimiser: torch.optim.Optimizer
    memo: dict[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    several: Alone = field(default_factory=Alone)

    def take(self) -> dict[str, Any]:
        """Return it as tensors and plain values, together with torch's generators, all processes' of them."""
        return {
            "modules": {name: tensor.detach() for name, tensor in self._tensors().items()},
            "optimiser": self.optimiser.state_dict()["state"],
            "memo": self.memo,
            "progress": {**vars(self.progress), "step_losses": _stacked(self.progress.step_losses)},
            "random": {name: self.several.rows(each) for name, each in _generators().items()},
        }

    def put(self, taken: dict[str, Any]) -> None:
        """Go on from what was taken of a training of the same spec.

        ValueError, KeyError, TypeError or RuntimeError, and nothing is changed, where it belongs to another.
        """
        own, found, generators = self._tensors(), taken["modules"], _generators()
        # torch's generators read a state from where its memory begins, so that a row must be one of its own.
        drawn = {name: rows[self.several.rank].clone() for name, rows in taken["random"].items()}
        if (_shapes(own), _shapes(generators)) != (_shapes(found), _shapes(drawn)):
            raise ValueError("another training's tensors")
        step_losses = list(taken["progress"]["step_losses"])
        progress, memo = Progress(**{**taken["progress"], "step_losses": step_losses}), dict(taken["memo"])
        groups = self.optimiser.state_dict()["param_groups"]
        _set_generators(drawn)
        try:
            self.optimiser.load_state_dict({"state": taken["optimiser"], "param_groups": groups})
        except (ValueError, KeyError, TypeError, RuntimeError):
            _set_generators(generators)
            raise
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(found[name])
        self.memo, self.progress = memo, progress

    def _tensors(self) -> dict[str, Tensor]:
        """Every parameter and buffer, also of those that a finished training does not keep."""
        modules = nn.ModuleDict({"model": self.model, "learned": nn.ModuleDict(self.learned)})
        return {**dict(modules.named_parameters()), **dict(modules.named_buffers())}


def _stacked(losses: list[Tensor]) -> Tensor:
    return torch.stack(losses) if losses else torch.empty(0)


def _shapes(tensors: dict[str, Tensor]) -> dict[str, tuple[object, ...]]:
    return {name: (each.dtype, each.shape) for name, each in tensors.items()}


def _generators() -> dict[str, Tensor]:
    on_gpu = {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_initialized() else {}
    return {"cpu": torch.get_rng_state(), **on_gpu}


def _set_generators(states: dict[str, Tensor]) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"])
