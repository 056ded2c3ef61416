"""Live progress of a request's jobs; where stderr is no terminal, silent or a line a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from mixbench.report.console import console
from mixbench.runs.jobs.job import Job
from mixbench.runs.recording import RecordJob
from mixbench.runs.schedule import Listen
from mixbench.runs.timeleft import TimeLeft
from mixbench.runs.worker import Message
from mixbench.spec.torchrun import rank


@contextmanager
def live_progress(
    jobs: Sequence[Job],
    expected: dict[str, float] | None = None,
    workers: int | None = None,
    lines: bool = False,
    quiet: bool = False,
) -> Iterator[Listen]:
    """Show the missing jobs while they run: how many are done and failed, what runs now, the time left.

    Yields what the engine tells. `expected` has the seconds that are known beforehand, by digest; with `lines`, a
    line a record and failure is written where stderr is no terminal; `quiet` shows nothing.
    """
    if quiet or not jobs or rank():
        yield lambda job, message: None
        return
    screen, left = console(stderr=True), TimeLeft(jobs, expected, workers)
    if not screen.is_terminal:
        yield _Lines(screen, jobs, left, lines).hear
        return
    with _bars(screen) as progress:
        yield _Display(progress, jobs, left).hear


def _bars(screen: Console) -> Progress:
    """Columns that keep their places whatever runs; on a narrow screen names give way first, never the time left."""
    names = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", table_column=names),
        BarColumn(bar_width=_bar_width(screen)),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", table_column=Column(min_width=17, no_wrap=True)),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        expand=True,
    )


class _Display:
    def __init__(self, progress: Progress, jobs: Sequence[Job], left: TimeLeft) -> None:
        self.progress, self.left = progress, left
        self.total = progress.add_task("all, starting the workers", total=len(jobs), note=duration(left))
        self.room = max(progress.console.width - _bar_width(progress.console) - 46, 12)
        self.rows: dict[str, TaskID] = {}
        self.failed = 0

    def hear(self, job: Job, message: Message) -> None:
        if message.what == "started":
            self.rows[job.digest] = self.progress.add_task(_shorten(job.title, self.room), total=job.length, note="")
        elif message.what == "progress" and "says" in message.content:
            self.progress.console.print(_said(job, message), markup=False, highlight=False)
            self.progress.update(self.rows[job.digest], completed=int(message.content["epoch"]))
        elif message.what == "progress":
            note = f"test error {message.content['test_error']:.1%}" if "test_error" in message.content else ""
            self.progress.update(self.rows[job.digest], completed=int(message.content["epoch"]), note=note)
        elif message.what == "again":
            self.progress.reset(self.rows[job.digest], note="begun again")
            self._say("yellow", "again", f"{job.title}: {message.content}")
        elif job.digest in self.rows:
            self._end(job, message)
        tell(self.left, job, message)
        note = f"{self.failed} failed, {duration(self.left)}" if self.failed else duration(self.left)
        self.progress.update(self.total, description="all", note=note)

    def _end(self, job: Job, message: Message) -> None:
        self.progress.remove_task(self.rows.pop(job.digest))
        self.progress.advance(self.total)
        if message.what == "failed":
            self.failed += 1
            self._say("red", "failed", job.title)

    def _say(self, colour: str, what: str, line: str) -> None:
        self.progress.console.print(f"[{colour}]{what}[/{colour}] {escape(line)}", highlight=False)


class _Lines:
    def __init__(self, screen: Console, jobs: Sequence[Job], left: TimeLeft, every: bool) -> None:
        self.screen, self.left, self.every = screen, left, every
        self.records, self.done = sum(isinstance(job, RecordJob) for job in jobs), 0

    def hear(self, job: Job, message: Message) -> None:
        tell(self.left, job, message)
        if message.what == "progress" and "says" in message.content:
            self._say(_said(job, message))
        elif message.what == "done" and isinstance(job, RecordJob) and self.every:
            self.done += 1
            self._say(f"{self.done}/{self.records} {job.title}; {duration(self.left)}")
        elif message.what == "failed" and self.every:
            self._say(f"failed {job.title}")
        elif message.what == "again":
            self._say(f"again {job.title}: {message.content}")

    def _say(self, line: str) -> None:
        self.screen.print(line, markup=False, soft_wrap=True)


def _said(job: Job, message: Message) -> str:
    return f"{job.title}: {message.content['says']}"


def tell(left: TimeLeft, job: Job, message: Message) -> None:
    """Pass on to the clock what the engine tells."""
    if message.what in ("started", "again"):
        left.started(job)
    elif message.what == "progress" and "says" in message.content:
        left.goes_on(job, message.content["epoch"] / job.length)
    elif message.what == "progress":
        left.reached(job, message.content["epoch"] / job.length)
    else:
        left.over(job, done=message.what == "done")


def duration(left: TimeLeft) -> str:
    """Say how long it still takes, in words for people."""
    seconds = left.seconds()
    if seconds is None:
        return "time left not known yet"
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    return f"about {minutes} min left" if minutes < 90 else f"about {minutes // 60} h {minutes % 60} min left"


def _bar_width(screen: Console) -> int:
    return 24 if screen.width >= 100 else 8


def _shorten(title: str, room: int) -> str:
    return title if len(title) <= room else f"{title[: room // 2]}…{title[len(title) - (room - room // 2 - 1) :]}"
