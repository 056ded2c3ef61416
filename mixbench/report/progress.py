"""Live progress of a plan's jobs; silent where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mixbench.report.console import console
from mixbench.runs.engine import Listen
from mixbench.runs.jobs import AnyJob, CheckJob, TrainJob
from mixbench.runs.worker import Message


@contextmanager
def live_progress(jobs: Sequence[AnyJob]) -> Iterator[Listen]:
    """Show the missing jobs while they run: which, epoch, error so far, time left; yields what the engine tells."""
    if not jobs:
        yield lambda job, message: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
    )
    times = (
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    screen = console(stderr=True)
    with Progress(*columns, *times, console=screen, disable=not screen.is_terminal, transient=True) as progress:
        yield _Display(progress, jobs).hear


def _size(job: AnyJob) -> int:
    """A job's length in epochs, an examination counting for half a training at the most."""
    if isinstance(job, TrainJob):
        return job.spec.resolved()[2].epochs
    return 1 if isinstance(job, CheckJob) else 3


class _Display:
    def __init__(self, progress: Progress, jobs: Sequence[AnyJob]) -> None:
        self.progress = progress
        self.total = progress.add_task("all, starting the workers", total=sum(map(_size, jobs)), note="")
        self.tasks: dict[str, TaskID] = {}
        self.done: dict[str, int] = {}

    def hear(self, job: AnyJob, message: Message) -> None:
        if message.what == "started":
            self.progress.update(self.total, description="all")
            self.tasks[job.digest] = self.progress.add_task(_shorten(job.title), total=_size(job), note="")
        elif message.what == "progress":
            note = f"test error {message.content['test_error']:.1%}"
            self._advance(job, int(message.content["epoch"]), note)
        elif job.digest in self.tasks:
            self._advance(job, _size(job), "")
            self.progress.remove_task(self.tasks.pop(job.digest))
            if message.what == "failed" and self.progress.console.is_terminal:
                self.progress.console.print(f"[red]failed[/red] {job.title}", highlight=False)

    def _advance(self, job: AnyJob, completed: int, note: str) -> None:
        self.done[job.digest] = completed
        self.progress.update(self.tasks[job.digest], completed=completed, note=note)
        self.progress.update(self.total, completed=sum(self.done.values()))


def _shorten(title: str) -> str:
    return title if len(title) <= 48 else f"{title[:30]}…{title[-17:]}"
