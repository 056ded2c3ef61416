"""Which of a plan's jobs comes next, as guards, needs and failures allow, and what became of all; any engine's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from mixbench.runs.jobs.job import Job
from mixbench.runs.store import Store
from mixbench.runs.worker import FULL, Message

Listen = Callable[[Job, Message], None]


@dataclass
class Outcome:
    """What became of a plan's jobs: a line for each that failed and all not made, by digest; tracebacks of bugs."""

    failed: dict[str, str] = field(default_factory=dict)
    unmade: set[str] = field(default_factory=set)
    crashes: list[str] = field(default_factory=list)


def makespan(jobs: Sequence[Job], seconds: Mapping[str, float], workers: int) -> float:
    """Return the seconds until the last of the jobs is done, each given to the first free worker, by its digest's.

    What they need and is not among them is done already.
    """
    schedule, now = Schedule(jobs), 0.0
    running: list[tuple[float, str, Job]] = []
    while True:
        while len(running) < workers and (job := schedule.next()):
            heappush(running, (now + seconds[job.digest], job.digest, job))
        if not running:
            return now
        now, digest, job = heappop(running)
        schedule.end(job, Message("done", digest))


def missing(jobs: Sequence[Job], store: Store) -> list[Job]:
    """Return the jobs whose artefact or record is not there, and with them the guards if any trains or examines."""
    absent = {job.digest for job in jobs if not job.is_done(store)}
    guarded = any(job.digest in absent for job in jobs if job.computes)
    return [job for job in jobs if job.digest in absent or (guarded and job.guard)]


class Schedule:
    """Jobs in order, each handed out once nothing that it needs is open; guards come first and alone."""

    def __init__(self, todo: Iterable[Job]) -> None:
        self.waiting = {job.digest: job for job in todo}
        self.running: dict[str, Job] = {}
        self.outcome = Outcome()
        self._places = {digest: place for place, digest in enumerate(self.waiting)}
        self._holds = {job.digest: self.waiting.keys() & set(job.needs) for job in self.waiting.values()}
        self._held: defaultdict[str, list[str]] = defaultdict(list)
        for digest, holds in self._holds.items():
            for need in holds:
                self._held[need].append(digest)
        self._ready: list[tuple[bool, int, str]] = []
        for digest, holds in self._holds.items():
            if not holds:
                self._is_ready(digest)

    def _is_ready(self, digest: str) -> None:
        heappush(self._ready, (not self.waiting[digest].guard, self._places[digest], digest))

    def next(self) -> Job | None:
        """Return the first job that nothing holds up, which runs from now on; None where all wait for others."""
        if any(job.guard for job in self.running.values()):
            return None
        while self._ready:
            digest = heappop(self._ready)[-1]
            if digest in self.waiting:
                self.running[digest] = self.waiting.pop(digest)
                return self.running[digest]
        return None

    def end(self, job: Job, message: Message) -> Message:
        """Hear how a job ended and return what to tell of it: done or failed, of a bug the traceback kept.

        After one that found the disk full nothing more is handed out.
        """
        self.running.pop(job.digest, None)
        self.waiting.pop(job.digest, None)
        if message.what == "crashed":
            self.outcome.crashes.append(f"{job.title}: a bug in MixBench, please report it\n{message.content}")
            message = Message("failed", job.digest, f"{job.title}: a bug in MixBench")
        if message.what == "done":
            self._release(job)
        else:
            self.outcome.failed[job.digest] = str(message.content)
            self.outcome.unmade.add(job.digest)
            # What nothing could be kept of is not begun.
            self._lose(list(self.waiting) if job.guard or message.what == FULL else self._held[job.digest])
            message = message._replace(what="failed")
        return message

    def _release(self, job: Job) -> None:
        for digest in self._held[job.digest]:
            self._holds[digest].discard(job.digest)
            if digest in self.waiting and not self._holds[digest]:
                self._is_ready(digest)

    def _lose(self, digests: Iterable[str]) -> None:
        """Give up what cannot be made any more, and what needs that."""
        lost = list(digests)
        while lost:
            digest = lost.pop()
            if self.waiting.pop(digest, None):
                self.outcome.unmade.add(digest)
                lost += self._held[digest]
