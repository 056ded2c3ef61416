"""The schedule: the order of jobs, held against a plain search through all of them."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from mixbench.runs.jobs.job import Job
from mixbench.runs.schedule import Schedule, makespan
from mixbench.runs.worker import Message


@dataclass(frozen=True)
class Named(Job):
    """A job that is nothing but its name and needs."""

    digest: str = ""
    needs: tuple[str, ...] = ()
    guard: bool = False

    @property
    def title(self) -> str:
        return self.digest


@st.composite
def lists_of_jobs(draw):
    """Jobs in any order, whose needs make no circle and partly are no job of the list."""
    jobs = []
    for place in range(draw(st.integers(0, 8))):
        needs = draw(st.sets(st.sampled_from([*(job.digest for job in jobs if not job.guard), "there"])))
        guard = draw(st.integers(0, 5)) == 0
        jobs.append(Named(f"job {place}", () if guard else tuple(sorted(needs)), guard))
    return draw(st.permutations(jobs))


def first_free(waiting: list[Named], running: list[Named]) -> Named | None:
    """What comes next by the rules alone."""
    if any(job.guard for job in running):
        return None
    guard = next((job for job in waiting if job.guard), None)
    still = {job.digest for job in (*waiting, *running)}
    return guard or next((job for job in waiting if still.isdisjoint(job.needs)), None)


@given(lists_of_jobs(), st.data())
def test_jobs_come_in_order_as_guards_needs_and_failures_allow(jobs, data):
    schedule, waiting, running, failed, unmade = Schedule(jobs), list(jobs), [], set(), set()
    while True:
        wanted = first_free(waiting, running)
        assert schedule.next() is wanted
        if wanted:
            waiting.remove(wanted)
            running.append(wanted)
            if data.draw(st.booleans()):
                continue
        if not running:
            break
        ended = data.draw(st.sampled_from(running))
        running.remove(ended)
        fails = data.draw(st.booleans())
        told = schedule.end(ended, Message("crashed" if fails else "done", ended.digest, "why"))
        assert told.what == ("failed" if fails else "done")
        if fails:
            failed.add(ended.digest)
            unmade.add(ended.digest)
            while lost := [job for job in waiting if ended.guard or not unmade.isdisjoint(job.needs)]:
                unmade |= {job.digest for job in lost}
                waiting = [job for job in waiting if job not in lost]
    assert not waiting
    assert set(schedule.outcome.failed) == failed
    assert schedule.outcome.unmade == unmade
    assert len(schedule.outcome.crashes) == len(failed)


def test_side_by_side_time_is_that_of_the_order():
    """Two workers: a and b, then c which needs a, and d whose need is done already; by hand 0-4, 0-4, 4-9, 4-8."""
    jobs = [Named(digest=name, needs=needs) for name, needs in (("a", ()), ("b", ()), ("c", ("a",)), ("d", ("gone",)))]
    seconds = {"a": 4.0, "b": 4.0, "c": 5.0, "d": 4.0}
    assert [makespan(jobs, seconds, workers) for workers in (1, 2, 9)] == [17, 9, 9]
    # Five trainings on two workers take three rounds, not two and a half.
    assert makespan([Named(digest=str(i)) for i in range(5)], dict.fromkeys("01234", 10.0), 2) == 30
    assert makespan([], {}, 2) == 0
