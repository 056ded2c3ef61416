"""What each of several processes of one training does: trains specs, and says what it saw."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixbench.augment.compose import Composition
from mixbench.spec.training import TrainingSpec
from mixbench.training import train as loop
from mixbench.training.checkpoint import NAME, Checkpoint

Seen = dict[str, Any]


ADDRESS = {"MASTER_ADDR": "127.0.0.1", "TORCHELASTIC_RUN_ID": "a test"}


class Killed(BaseException):
    """Nothing in the loop may catch it."""


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def train_together(
    rank: int, count: int, port: int, specs: Sequence[TrainingSpec], killed: TrainingSpec, folder: Path
) -> None:
    """Train specs as torchrun has it, and one that is killed on its way and goes on; write what was seen."""
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count, "MASTER_PORT": port}
    os.environ |= {name: str(value) for name, value in place.items()} | ADDRESS
    torch.set_num_threads(1)
    for number, spec in enumerate(specs):
        write(folder / f"{number}-{rank}.npz", seen_in(spec))
    kill(killed, folder)
    write(folder / f"resumed-{rank}.npz", seen_in(killed, checkpoint(killed, folder)))
    torch.distributed.destroy_process_group()


def seen_in(spec: TrainingSpec, kept: Checkpoint | None = None) -> Seen:
    """Train and return losses, errors, weights, predictions, and digests of all mixed batches."""
    batches: list[str] = []

    def mixed(self: Composition, *arguments: Any) -> Any:
        images, targets = mix(self, *arguments)
        batches.append(sha256(images.numpy().tobytes() + targets.numpy().tobytes()).hexdigest())
        return images, targets

    mix, Composition.mix = Composition.mix, mixed
    try:
        trained = loop.train(spec, checkpoint=kept)
    finally:
        Composition.mix = mix
    weights = {f"weights.{name}": value.numpy() for name, value in trained.model.state_dict().items()}
    predicted = {"train": trained.train_predicted.numpy(), "test": trained.test_predicted.numpy()}
    return {"loss": trained.train_loss, "error": trained.test_error, "batches": batches, **predicted, **weights}


def checkpoint(spec: TrainingSpec, folder: Path) -> Checkpoint:
    """Return the one that all processes share."""
    return Checkpoint(folder / NAME, spec.digest, 1e-9, {}, [None])


def kill(spec: TrainingSpec, folder: Path) -> None:
    """Train until the middle of the fifth step."""
    taken, set_rate = iter(range(5)), loop.set_rate

    def fatal(*arguments: Any) -> None:
        if next(taken) == 4:
            raise Killed
        set_rate(*arguments)

    loop.set_rate = fatal
    try:
        loop.train(spec, checkpoint=checkpoint(spec, folder))
    except Killed:
        return
    finally:
        loop.set_rate = set_rate
    raise AssertionError("it was not killed")


def write(path: Path, seen: Seen) -> None:
    """Write what was seen."""
    with path.open("wb") as file:
        np.savez(file, **seen)
