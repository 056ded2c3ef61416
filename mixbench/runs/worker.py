"""A worker process: takes jobs through a pipe, does them, tells of progress; dies with its parent."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from mixbench.data.residence import share_memory
from mixbench.runs.jobs.job import Job
from mixbench.runs.store import Store
from mixbench.spec.errors import MixBenchError, StorageFull, TrainingStopped
from mixbench.spec.stopping import STOPPED, hear

CRASHED, ENDED, FULL = "crashed", "ended", "full"


class Message(NamedTuple):
    """What is said of a job: `what` is started, progress, again (why it is begun once more), or its end: done, failed
    (a line for the user) or crashed (a traceback).

    Failures of their own kind are `ended`, by a worker that was told to stop, and `full`, where the disk is.
    """

    what: str
    digest: str
    content: Any = None


def serve(pipe: Connection, runs: Path, workers: int) -> None:
    """Do the jobs that come through the pipe until it closes, one of so many workers."""
    share_memory(workers)
    # Ctrl-C reaches the whole process group; the parent decides what becomes of a worker.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    # What a user's method prints must not get between the records on stdout.
    sys.stdout = sys.stderr
    os.dup2(2, 1)
    try:
        while True:
            message = _done(pipe.recv(), Store(runs), pipe)
            pipe.send(message)
            if message.what == ENDED:
                return
    except (EOFError, BrokenPipeError):
        return


def _end_with(parent: BaseProcess | None) -> None:
    """Die when the parent does, even in mid-job: whoever hangs there would hold its lock for ever."""
    if parent is not None:
        parent.join()
        os._exit(1)


def _stop(*_: object) -> None:
    """Keep a training in its midst, and end at once with anything else."""
    if not hear():
        os._exit(STOPPED)


def _done(job: Job, store: Store, pipe: Connection) -> Message:
    return end_of(job, lambda: job.do(store, lambda progress: pipe.send(Message("progress", job.digest, progress))))


def end_of(job: Job, do: Callable[[], None]) -> Message:
    """Do a job and return how it ended; only a broken pipe is raised."""
    try:
        do()
    except TrainingStopped as error:
        return Message(ENDED, job.digest, str(error))
    except StorageFull as error:
        return Message(FULL, job.digest, str(error))
    except MixBenchError as error:
        return Message("failed", job.digest, str(error))
    except BrokenPipeError:
        raise
    except Exception:  # noqa: BLE001 - a bug in a job must reach the parent with its traceback
        return Message(CRASHED, job.digest, traceback.format_exc())
    return Message("done", job.digest)
