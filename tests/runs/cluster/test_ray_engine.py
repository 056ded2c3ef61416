"""The engine on a real Ray of two CPUs: equal bits, deaths retried and told, nothing lost but what was unfinished."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from children import LIMIT, started, wait_until
from drawn import outcomes, write_drawn
from errands import KIND, Errand, asking, upload
from paper import OF_CUTMIX
from tiny import copied_runs, files_of, finished_runs, plan_of, suite_path

ray = pytest.importorskip("ray", reason="needs the extra ray")
from ray.cluster_utils import Cluster  # noqa: E402

from mixbench.results.record import load_record  # noqa: E402
from mixbench.runs.cluster.engine import TRIES, RayEngine  # noqa: E402
from mixbench.runs.cluster.shared import Shared  # noqa: E402
from mixbench.runs.request import carry_out  # noqa: E402
from mixbench.runs.schedule import Outcome  # noqa: E402
from mixbench.runs.store import Store  # noqa: E402
from mixbench.spec.errors import MixBenchError  # noqa: E402

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills with -9")
TESTS = Path(__file__).parents[2]
SMALL = {"object_store_memory": 80_000_000, "include_dashboard": False}


@pytest.fixture(scope="module")
def cluster():
    """A cluster of this file's own, whose workers find the tests' helpers; this process is connected to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, **SMALL})
        patch.setenv("RAY_ADDRESS", made.address)
        ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
        yield made
        ray.shutdown()
        made.shutdown()


def engine_on(runs: Path) -> RayEngine:
    return RayEngine(Shared(str(runs)), Store(runs))


def quiet(job, message):
    """Hear and say nothing."""


def said(runs: Path, digest: str) -> bytes:
    return (Store(runs).folder(KIND, digest) / "said").read_bytes()


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def signals(tmp_path) -> Path:
    folder = tmp_path / "signals"
    folder.mkdir()
    return folder


def test_a_request_gives_the_local_engines_bits_and_tells_the_same(cluster, tmp_path):
    plan, runs, heard = plan_of(suite_path(), "cutmix"), tmp_path / "runs", []
    result = carry_out(
        plan, runs, lambda job, message: heard.append((job.title, message.what)), run=engine_on(runs).run
    )
    assert result.outcome == Outcome()
    for kind in ("trainings", "transfer", "examinations"):
        assert files_of(runs, kind) == files_of(finished_runs(), kind)
    (here,), (there,) = (list(folder.glob("*.json")) for folder in (runs, finished_runs()))
    assert here.name == there.name
    assert here.with_suffix(".npz").read_bytes() == there.with_suffix(".npz").read_bytes()
    mine, others = load_record(here), load_record(there)
    assert (mine.readings, mine.curves, mine.flags) == (others.readings, others.curves, others.flags)
    assert heard[:2] == [("check data and models", "started"), ("check data and models", "done")]
    assert sum(what == "done" for _, what in heard) == sum(what == "started" for _, what in heard) == 9
    assert sum(what == "progress" for _, what in heard) == 5 * 2
    assert engine_on(runs).run(plan.jobs, runs, quiet) == Outcome()


def test_reproduce_measures_on_the_cluster_what_is_missing(cluster, mixbench, tmp_path):
    runs, plan, file = copied_runs(tmp_path), plan_of(suite_path(), "cutmix"), tmp_path / "mine.toml"
    examination = plan.records[0].examination
    (record,) = runs.glob("*.json")
    expected = load_record(record).readings["clean.top1_error"].value
    record.unlink()
    Store(runs).drop(examination.kind, examination.digest)
    write_drawn(runs, suite_path(), "erm", 0, outcomes())
    file.write_text(OF_CUTMIX, encoding="utf-8")
    words = ("--on", suite_path(), "--seeds", 1, "--device", "cpu", "--runs", runs, "--engine", "ray", "--json")
    answer = mixbench("reproduce", file, *words)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["settings"][0]["rows"][1]["cells"][0]["mean"] == expected
    assert files_of(runs, "examinations") == files_of(finished_runs(), "examinations")


def test_a_killed_worker_is_told_and_its_job_begun_again(cluster, tmp_path, signals):
    heard = []

    def kill_first(job, message):
        heard.append((job.digest, message.what, message.content if message.what == "again" else None))
        if message.what == "progress" and not (signals / "go").exists():
            (signals / "go").touch()
            os.kill(message.content["process"], signal.SIGKILL)

    jobs = [Errand("a", signals=str(signals)), Errand("b", needs=("a",))]
    assert engine_on(tmp_path).run(jobs, tmp_path, kill_first) == Outcome()
    told = [(what, why) for digest, what, why in heard if digest == "a"]
    assert told == [
        ("started", None), ("progress", None), ("again", "its process was killed"), ("progress", None), ("done", None)
    ]  # fmt: skip
    assert len(list(signals.glob("a.*"))) == 2
    assert said(tmp_path, "b") == b"ab"
    assert not list(Path(tmp_path, "store").glob("partial/*"))
    assert {file.read_bytes() for file in tmp_path.glob(f"store/{KIND}/*/beside")} == {b"2"}


def test_a_job_whose_worker_dies_each_time_fails_and_stops_nobody_else(cluster, tmp_path, signals):
    def kill(job, message):
        if message.what == "progress":
            os.kill(message.content["process"], signal.SIGKILL)

    jobs = [Errand("a", signals=str(signals)), Errand("b", needs=("a",)), Errand("c")]
    outcome = engine_on(tmp_path).run(jobs, tmp_path, kill)
    assert set(outcome.failed) == {"a"}
    assert outcome.unmade == {"a", "b"}
    assert f"errand a: its process was killed, at each of {TRIES} tries; is there enough memory?" in outcome.failed["a"]
    assert len(list(signals.glob("a.*"))) == TRIES
    assert said(tmp_path, "c") == b"c"


def test_after_a_full_disk_nothing_more_is_begun(cluster, tmp_path, signals):
    def direct(job, message):
        if message.what == "progress":
            (signals / "fill").touch()
        if message.what == "failed":
            (signals / "go").touch()

    # The wide one waits in the cluster's queue for both CPUs.
    full, stays = Errand("full", full=True, signals=str(signals)), Errand("a", signals=str(signals))
    jobs = [full, stays, Errand("wide", specs=asking(2)), Errand("after", needs=("a",))]
    outcome = engine_on(tmp_path).run(jobs, tmp_path, direct)
    assert outcome.failed == {"full": "no space left"}
    assert outcome.unmade == {"full", "wide", "after"}
    assert said(tmp_path, "a") == b"a"


def test_a_job_that_runs_a_users_code_leaves_its_process_to_nobody(cluster, tmp_path):
    jobs = [Errand("own", runs_own_code=True), Errand("after", needs=("own",)), Errand("last", needs=("after",))]
    assert engine_on(tmp_path).run(jobs, tmp_path, quiet, workers=1) == Outcome()
    process = {digest: (Store(tmp_path).folder(KIND, digest) / "process").read_bytes() for digest in ("own", "after")}
    assert process["own"] != process["after"]


def test_no_more_run_at_once_than_asked_for(cluster, tmp_path, signals):
    (signals / "go").touch()
    running, most = set(), []

    def count(job, message):
        (running.add if message.what == "started" else running.discard)(job.digest) if message.what != "progress" else 0
        most.append(len(running))

    assert engine_on(tmp_path).run([Errand(name) for name in "abc"], tmp_path, count, workers=1) == Outcome()
    assert max(most) == 1
    assert {file.read_bytes() for file in tmp_path.glob(f"store/{KIND}/*/beside")} == {b"1"}


def test_what_no_machine_can_run_is_said_before_anything_is_submitted(cluster, tmp_path):
    jobs = [Errand("narrow"), Errand("wide", specs=asking(3))]
    with pytest.raises(MixBenchError, match=r"needed a machine with 3 CPU\(s\).* for 'errand wide', got 2 CPU\(s\)"):
        engine_on(tmp_path).run(jobs, tmp_path, quiet)
    with pytest.raises(MixBenchError, match=r"needed a machine with 1 CPU\(s\), 1 GPU\(s\)"):
        engine_on(tmp_path).run([Errand("gpu", specs=asking(1, "cuda"))], tmp_path, quiet)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_in_one_line_that_no_machine_has_a_gpu(cluster, mixbench):
    asked = ("eval", "--aug", "cutmix", "--suite", suite_path(), "--device", "cuda", "--engine", "ray")
    answer = mixbench(*asked)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "needed a machine with 1 CPU(s), 1 GPU(s)" in answer.err


def test_the_command_works_on_a_url_and_shows_the_copy(cluster, mixbench, tmp_path, monkeypatch):
    monkeypatch.setattr("mixbench.runs.cluster.mirror.cache", lambda: tmp_path / "cache")
    place = Shared((tmp_path / "far").as_uri())
    upload(place, finished_runs())
    (record,) = (name for name in place.names() if name.endswith(".json"))
    place.drop(record)
    asked = ("--aug", "cutmix", "--suite", suite_path(), "--device", "cpu", "--engine", "ray", "--runs", place.address)
    answer = mixbench("sweep", *asked, "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)[0]["outcomes"]["sha256"] == load_record(finished_runs() / record).outcomes.sha256
    assert record in place.names()
    assert answer.err == f"1/1 record of cutmix, seed 0; {answer.err.rpartition('; ')[2]}"
    again = mixbench("eval", *asked)
    assert f"these are copies of what lies in {place.address}" in again.out
    plan = mixbench("sweep", *asked, "--plan")
    assert "1 of 1 records are there" in plan.out or "cached" in plan.out


def test_an_interrupted_request_loses_what_was_unfinished_alone(cluster, tmp_path, signals):
    processes = []

    def interrupt(job, message):
        if message.what == "progress":
            processes.append(message.content["process"])
            raise KeyboardInterrupt

    jobs = [Errand("a"), Errand("b", needs=("a",), signals=str(signals))]
    with pytest.raises(KeyboardInterrupt):
        engine_on(tmp_path).run(jobs, tmp_path, interrupt)
    assert said(tmp_path, "a") == b"a"
    waited = started([sys.executable, "-c", f"import time; [time.sleep(0.01) for _ in range({LIMIT * 100})]"])
    wait_until(lambda: gone(processes[0]), waited)
    waited.kill()
    waited.communicate()
    before = (Store(tmp_path).folder(KIND, "a") / "said").stat().st_mtime_ns
    (signals / "go").touch()
    assert engine_on(tmp_path).run(jobs, tmp_path, quiet) == Outcome()
    assert (Store(tmp_path).folder(KIND, "a") / "said").stat().st_mtime_ns == before
    assert said(tmp_path, "b") == b"ab"


DRIVER = """
import sys
from pathlib import Path
from errands import Errand
from mixbench.runs.cluster.engine import RayEngine
from mixbench.runs.cluster.shared import Shared
from mixbench.runs.store import Store

runs = Path(sys.argv[1])
jobs = [Errand("a"), Errand("b", needs=("a",), signals=sys.argv[2])]
RayEngine(Shared(str(runs)), Store(runs)).run(jobs, runs, lambda job, message: None)
"""


def test_a_killed_driver_loses_what_was_unfinished_alone(cluster, tmp_path, signals):
    driver = started([sys.executable, "-c", DRIVER, str(tmp_path), str(signals)])
    wait_until(lambda: any(signals.glob("b.*")), driver)
    (entered,) = signals.glob("b.*")
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    bystander = started([sys.executable, "-c", "input()"], stdin=-1)
    wait_until(lambda: gone(int(entered.suffix[1:])), bystander)
    bystander.communicate("")
    before = (Store(tmp_path).folder(KIND, "a") / "said").stat().st_mtime_ns
    (signals / "go").touch()
    assert engine_on(tmp_path).run([Errand("a"), Errand("b", needs=("a",))], tmp_path, quiet) == Outcome()
    assert (Store(tmp_path).folder(KIND, "a") / "said").stat().st_mtime_ns == before
    assert said(tmp_path, "b") == b"ab"


def test_a_dead_machines_jobs_go_to_another_and_end_where_there_is_none(cluster, tmp_path, signals):
    """A second machine joins over the loopback, dies under its job, and so does the third."""
    machines, told = [cluster.add_node(num_cpus=3, object_store_memory=80_000_000)], []

    def let_it_die(job, message):
        if message.what == "progress":
            if len(machines) == 1:
                machines.append(cluster.add_node(num_cpus=3, object_store_memory=80_000_000))
                cluster.remove_node(machines[0])
            else:
                cluster.remove_node(machines[1])
        if message.what == "again":
            told.append(message.content)

    wide = Errand("wide", signals=str(signals), specs=asking(3))
    outcome = engine_on(tmp_path).run([wide, Errand("narrow")], tmp_path, let_it_die)
    assert len(told) == 2
    assert set(told) <= {"its machine died", "its process was killed"}
    assert set(outcome.failed) == {"wide"}
    assert "needed a machine with 3 CPU(s)" in outcome.failed["wide"]
    assert said(tmp_path, "narrow") == b"narrow"
