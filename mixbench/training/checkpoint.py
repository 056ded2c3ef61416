"""A training's state in one file, so that a killed training goes on with the same bits: when, where, how."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from mixbench.spec.digest import digest
from mixbench.spec.errors import TrainingStopped
from mixbench.spec.stopping import told
from mixbench.spec.strict import Strict
from mixbench.spec.whole import write_atomically
from mixbench.training.packing import Tensors, pack, unpack
from mixbench.training.state import State

NAME = "checkpoint.safetensors"
METADATA = "mixbench"
GO_ON, KEEP, STOP = range(3)


class Head(Strict):
    """What a checkpoint says beside its tensors.

    `packages` decide the bits of what follows; `seconds` were spent and `cpu_models` met so far; `state` is packed;
    `digest` is over all of it and the tensors.
    """

    training: str
    packages: dict[str, str]
    cpu_models: list[str | None]
    seconds: float
    state: Any
    digest: str


@dataclass
class Checkpoint:
    """The file of one training's state. `minutes` is how often it is written, `path` where."""

    path: Path
    training: str
    minutes: float
    packages: dict[str, str]
    cpu_models: list[str | None]
    earlier_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.last = self.started

    def wish(self) -> int:
        """Whether the state is to be kept now: GO_ON, KEEP, or STOP after it, where the process was told to."""
        if told():
            return STOP
        return KEEP if time.monotonic() - self.last >= 60 * self.minutes else GO_ON

    def keep(self, state: State, wish: int = KEEP) -> str:
        """Write the state, in place of an older one; return why it could not be, in a line, or nothing.

        Of several processes the first one writes, and all call it. TrainingStopped, after that, for STOP.
        """
        fault = self._written(state)
        self.last = time.monotonic()
        if wish == STOP:
            at = f"epoch {state.progress.epoch + 1}, after step {state.progress.step}"
            raise TrainingStopped(f"told to stop in {at}; " + (fault or "kept, the same command goes on from there"))
        return fault

    def restore(self, state: State) -> str:
        """Put back what was kept, if anything; return in a line what was done, or nothing."""
        if not self.path.exists():
            return ""
        try:
            head, tensors = _read(self.path)
            taken = unpack(head.state, tensors)
        except Exception:  # noqa: BLE001 - whatever is wrong with the file, the training can start anew
            return "its checkpoint is damaged; it starts anew"
        if head.training != self.training:
            return "its checkpoint is another training's; it starts anew"
        if head.packages != self.packages:
            return "its checkpoint was made with other versions of packages; it starts anew"
        try:
            state.put(taken)
        except (ValueError, KeyError, TypeError, RuntimeError):
            return "its checkpoint is another model's; it starts anew"
        self.earlier_seconds = head.seconds
        self.cpu_models = list(dict.fromkeys([*head.cpu_models, *self.cpu_models]))
        return f"goes on in epoch {state.progress.epoch + 1}, after step {state.progress.step}"

    def _written(self, state: State) -> str:
        tensors: Tensors = {}
        try:
            content = {
                "training": self.training,
                "packages": self.packages,
                "cpu_models": self.cpu_models,
                "seconds": self.earlier_seconds + time.monotonic() - self.started,
                "state": pack(state.take(), tensors),
            }
            head = json.dumps({**content, "digest": _digest(content, tensors)}, allow_nan=False)
            if state.several.rank == 0:
                write_atomically(self.path, safetensors.torch.save(tensors, {METADATA: head}))
        except OSError as error:
            return f"its state could not be kept: {error}"
        except (TypeError, ValueError, RecursionError, SafetensorError) as error:
            self.minutes = float("inf")
            return f"its state cannot be kept, since the method's memo has more than tensors and plain values ({error})"
        return ""


def _read(path: Path) -> tuple[Head, Tensors]:
    with safe_open(path, framework="pt") as file:
        content = json.loads(file.metadata()[METADATA])
    head, tensors = Head.model_validate(content), safetensors.torch.load_file(path)
    if head.digest != _digest({key: each for key, each in content.items() if key != "digest"}, tensors):
        raise ValueError("digest")
    return head, tensors


def _digest(content: dict[str, Any], tensors: Tensors) -> str:
    return digest([content, {name: _bytes_digest(each) for name, each in tensors.items()}])


def _bytes_digest(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.reshape(-1).view(torch.uint8).numpy().data).hexdigest()
