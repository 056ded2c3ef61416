"""What a task does on its machine: inputs into a folder of its own, the job, what it made into the shared folder."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mixbench.data.residence import share_memory
from mixbench.runs.cluster.connection import machine
from mixbench.runs.cluster.keeping import keeping
from mixbench.runs.cluster.resources import needs_of
from mixbench.runs.cluster.shared import Shared
from mixbench.runs.jobs.job import Job, Report
from mixbench.runs.store import MANIFEST, Store
from mixbench.runs.worker import Message, end_of
from mixbench.spec.errors import MixBenchError

SCRATCH = "mixbench-task-"


def run_task(job: Job, shared: Shared, attempt: int, told: Any, wanted: str, most: int) -> list[Message]:
    """Do a job and return all that was said of it, its end last; `told` hears the rest meanwhile, if it hears at all.

    `wanted` is the driver's version of MixBench, `most` how many jobs it runs at once.
    """
    said: list[Message] = []

    def say(what: str, content: Any = None) -> None:
        said.append(Message(what, job.digest, content))
        told.tell.remote(attempt, said[-1])

    say("started")
    end = end_of(job, lambda: _in_scratch(job, shared, wanted, most, lambda progress: say("progress", progress)))
    return [*said, end]


def _in_scratch(job: Job, shared: Shared, wanted: str, most: int, report: Report) -> None:
    _check_version(job, wanted)
    share_memory(max(1, min(most, needs_of(job).side_by_side(machine()))))
    with scratch() as folder:
        work(job, shared, folder, report)


def work(job: Job, shared: Shared, folder: Path, report: Report) -> None:
    """Do a job in an empty folder, from the shared folder's artefacts; what is there of it already stays."""
    store = Store(folder)
    with shared.errors():
        for name in job.makes:
            shared.fetch(name, folder)
    if job.makes and job.is_done(store):
        return
    for name in job.reads:
        _bring(name, shared, store)
    with keeping(job.keeps, shared, folder):
        job.do(store, report)
        with shared.errors():
            for name in job.makes:
                shared.publish(name, folder)


def _bring(name: str, shared: Shared, store: Store) -> None:
    """Fetch an artefact where it is there; MixBenchError for a damaged one, which counts as missing from then on."""
    with shared.errors():
        shared.fetch(name, store.runs)
        if (store.runs / name).is_dir() and store.find(*name.split("/")[1:]) is None:
            shared.drop(f"{name}/{MANIFEST}")
            raise MixBenchError(f"runs {shared.address}: {name[:40]} is damaged; run the same command again")


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield an empty folder on this machine; what killed tasks left here is removed with it."""
    home = Path(tempfile.gettempdir())
    for left in home.glob(f"{SCRATCH}*-*"):
        if not _lives(left.name.removeprefix(SCRATCH).partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _lives(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except OSError:
        return True
    return True


def _check_version(job: Job, wanted: str) -> None:
    if (got := version("mixbench")) != wanted:
        raise MixBenchError(
            f"{job.title}: needed mixbench {wanted}, the driver's, on {platform.node()}, got {got}; install the"
            " same on every machine"
        )
