"""What two processes that ask for one training at once each do."""

from __future__ import annotations

import os
from multiprocessing.synchronize import Barrier
from pathlib import Path

from children import LIMIT

from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.store import Store


def train_beside_another(job: TrainJob, runs: Path, together: Barrier) -> None:
    """Wait for the other, do the job, and write one line to a log of this process for every epoch trained."""

    log = runs.parent / f"log-{os.getpid()}"
    log.write_text("")
    together.wait(LIMIT)
    with log.open("a") as file:
        job.do(Store(runs), lambda progress: file.write("epoch\n") and None)
