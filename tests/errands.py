"""Jobs for tests of engines: no model, a few bytes, and a stay that files begin and end."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny import plan_of, suite_path

from mixbench.data import residence
from mixbench.runs.jobs.job import Job
from mixbench.runs.store import place_of
from mixbench.spec.errors import StorageFull
from mixbench.spec.training import TrainingSpec

KIND = "errands"


def asking(threads: int, device: str = "cpu") -> tuple[TrainingSpec, ...]:
    """Return specs that ask for so many threads and a device."""
    spec = next(job.specs[0] for job in plan_of(suite_path(), "cutmix").jobs if job.computes)
    return (spec.model_copy(update={"budget": {**spec.budget, "threads": threads}, "device": device}),)


@dataclass(frozen=True)
class Errand(Job):
    """Joins what its needs made; where `signals` is a folder it says there who it is and stays until `go` is there."""

    digest: str = ""
    needs: tuple[str, ...] = ()
    signals: str = ""
    specs: tuple[Any, ...] = ()
    runs_own_code: bool = False
    guard: bool = False
    full: bool = False
    kind = KIND

    @property
    def title(self) -> str:
        return f"errand {self.digest}"

    @property
    def makes(self) -> tuple[str, ...]:
        return (place_of(KIND, self.digest),)

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(place_of(KIND, need) for need in self.needs)

    def is_done(self, store) -> bool:
        return store.find(KIND, self.digest) is not None

    def do(self, store, report=lambda progress: None) -> None:
        if self.full:
            while not (Path(self.signals) / "fill").exists():
                time.sleep(0.01)
            raise StorageFull("no space left")
        if self.signals:
            said = Path(self.signals) / f"{self.digest}.{os.getpid()}"
            said.touch()
            report({"epoch": 1.0, "process": os.getpid()})
            while not (Path(self.signals) / "go").exists():
                time.sleep(0.01)
        made = b"".join((store.folder(KIND, need) / "said").read_bytes() for need in self.needs) + self.digest.encode()
        files = {"said": made, "process": str(os.getpid()).encode(), "beside": str(residence._beside).encode()}
        store.put(KIND, self.digest, files)


def upload(shared: Any, runs: Path) -> None:
    """Put all of a runs folder but its locks into a shared one."""
    for path in sorted(path for path in runs.rglob("*") if path.is_file() and path.suffix != ".lock"):
        shared.publish(path.relative_to(runs).as_posix(), runs)
