"""What a job takes of a machine, and whether a cluster has one that can run it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mixbench.data.residence import OF_FILES, SMALL, image_bytes
from mixbench.runs.jobs.job import Job
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data
from mixbench.spec.training import TrainingSpec

GIB = 2**30
LIBRARIES = GIB
"""About what a process takes that has loaded torch and works on batches, or reads arrays."""

Node = Mapping[str, float]
"""What a machine has, by Ray's names."""


@dataclass(frozen=True)
class Needs:
    """What one job takes: whole CPUs and GPUs, and bytes of memory."""

    cpus: int
    gpus: int
    memory: int

    def side_by_side(self, node: Node) -> int:
        """Return how many jobs that need as much a machine has room for, when nothing else runs on it."""
        pairs = ((self.cpus, "CPU"), (self.gpus, "GPU"), (self.memory, "memory"))
        return min(int(node.get(name, 0) // needed) for needed, name in pairs if needed)

    @property
    def options(self) -> dict[str, int]:
        """The same in Ray's words; GPUs are always stated, for a task without is shown none."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus, "memory": self.memory}

    def __str__(self) -> str:
        return f"{self.cpus} CPU(s), {self.gpus} GPU(s) and {self.memory / GIB:.1f} GiB of memory"


def needs_of(job: Job) -> Needs:
    """Return what a job takes: a training's threads, its device, and memory for the images that are always held."""
    threads = max((spec.resolved()[2].threads for spec in job.specs), default=1)
    gpus = int(any(spec.device == "cuda" for spec in job.specs))
    return Needs(threads, gpus, LIBRARIES + max(map(_bytes, job.specs), default=0))


def _bytes(spec: TrainingSpec) -> int:
    data: Data = spec.resolved()[0]
    size = sum(image_bytes(data).values())
    # Images in files stream on a machine that has no room for them.
    may_stream = (data.loader or data.name) in OF_FILES and data.stream is not False
    return min(size, SMALL) if may_stream else size


def check_fit(jobs: Iterable[Job], nodes: Sequence[Node]) -> None:
    """MixBenchError for the first job that no machine of a cluster can ever run."""
    for job in jobs:
        needs = needs_of(job)
        if not any(needs.side_by_side(node) for node in nodes):
            raise MixBenchError(
                f"--engine ray: needed a machine with {needs} for '{job.title}', got {_described(nodes)};"
                " add one to the cluster"
            )


def _described(nodes: Sequence[Node]) -> str:
    kinds = dict.fromkeys(
        str(Needs(int(node.get("CPU", 0)), int(node.get("GPU", 0)), int(node.get("memory", 0)))) for node in nodes
    )
    return "; ".join(kinds) or "none"
