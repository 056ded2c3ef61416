"""One training by several processes, one a GPU: all draw the whole batch, each takes its share, all step alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import islice

import torch
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError
from mixbench.spec.torchrun import processes
from mixbench.spec.training import TrainingSpec
from mixbench.training.synchronised import synchronise

PATIENCE = timedelta(days=7)
"""How long a process waits for another, which may have a whole battery to run in between."""

LOOK = 50
"""Steps from one agreement on whether the state is to be kept to the next: each costs a look at the device."""


class Alone:
    """A training by this process alone; what several would share is left as it is."""

    rank, count = 0, 1

    def mine(self, parts: Iterable[slice]) -> Iterable[slice]:
        """Choose this process's of the parts of a split."""
        return islice(parts, self.rank, None, self.count)

    def total(self, values: Tensor) -> Tensor:
        """Return the sum over the processes."""
        return values

    def rows(self, values: Tensor) -> Tensor:
        """Return every process's values, a row each."""
        return values[None]

    def agree(self, wish: int, step: int) -> int:
        """Return the largest of the processes' wishes; asked by all after the same step."""
        return wish

    def tell(self, text: str = "") -> str:
        """Return what the first process tells the others; all call it."""
        return text

    def prepare(self, modules: Sequence[nn.Module]) -> None:
        """Make batch norm see what all processes see."""


ALONE = Alone()


class Several(Alone):
    """This process among those of one training, started together by accelerate from what torchrun set."""

    def __init__(self, rank: int, count: int) -> None:
        self.rank, self.count = rank, count

    def total(self, values: Tensor) -> Tensor:
        """Return the sum over the processes."""
        values = values.clone()
        torch.distributed.all_reduce(values)
        return values

    def rows(self, values: Tensor) -> Tensor:
        """Return every process's values, a row each, where they lie."""
        rows = torch.zeros(self.count, *values.shape, dtype=torch.int64, device=_device())
        rows[self.rank] = values.to(rows)
        return self.total(rows).to(values)

    def agree(self, wish: int, step: int) -> int:
        """Return the largest of the processes' wishes, every LOOK steps, since it must be waited for; else 0."""
        if step % LOOK:
            return 0
        return int(self.rows(torch.tensor(wish)).max())

    def tell(self, text: str = "") -> str:
        """Return what the first process tells the others; all call it."""
        content = torch.tensor(list(text.encode() if self.rank == 0 else b""), dtype=torch.int64, device=_device())
        told = torch.zeros(int(self.rows(torch.tensor(len(content)))[0]), dtype=torch.int64, device=_device())
        told[: len(content)] = content
        return bytes(self.total(told).tolist()).decode()

    def prepare(self, modules: Sequence[nn.Module]) -> None:
        """Make batch norm see what all processes see."""
        for module in modules:
            synchronise(module)


def _device() -> str:
    return "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"


def together(spec: TrainingSpec) -> Alone:
    """Join the processes of a training, or be alone where it has one.

    MixBenchError where they are not so many, or accelerate is not installed.
    """
    if spec.processes == 1:
        return ALONE
    if processes() != spec.processes:
        raise MixBenchError(
            f"training: needed {spec.processes} processes, got {processes()}; start them by torchrun --nproc-per-node"
            f" {spec.processes} -m mixbench eval …"
        )
    return join(spec.device)


def join(device: str) -> Several:
    """Join the processes that torchrun started; MixBenchError where accelerate is not installed."""
    try:
        from accelerate import PartialState  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise MixBenchError(
            "several GPUs: needed accelerate, got none; install it: pip install 'mixbench[multi-gpu]'"
        ) from None
    backend = "nccl" if device == "cuda" else "gloo"
    state = PartialState(cpu=device == "cpu", backend=backend, timeout=PATIENCE)
    return Several(state.process_index, state.num_processes)
