"""What a job takes of a machine, and a cluster that can never run it."""

import pytest
from errands import Errand, asking
from tiny import plan_of, suite_path, write_suite

from mixbench.runs.cluster.resources import GIB, Needs, check_fit, needs_of
from mixbench.runs.plan import plan_spec
from mixbench.runs.recording import RecordJob
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite


def test_a_job_takes_its_suites_threads_its_device_and_memory_for_its_data(tmp_path):
    jobs = plan_of(write_suite(tmp_path, ("threads = 1", "threads = 3")), "cutmix").jobs
    assert {needs_of(job) for job in jobs} == {Needs(3, 0, GIB + 64 * (1437 + 360))}
    suite = load_suite(suite_path())
    plan = plan_spec(suite, suite.backbone, ["cutmix"], [0], "cuda")
    assert {needs_of(job).gpus for job in plan.jobs} == {1}
    assert needs_of(RecordJob.of(plan, plan.records[0])) == Needs(1, 0, GIB)


@pytest.mark.parametrize(("stream", "held"), [(None, 2**28), (True, 2**28), (False, 3 * 10**6 * (1437 + 360))])
def test_images_that_may_stream_count_as_far_as_they_are_always_held(stream, held):
    spec = next(job.specs[0] for job in plan_of(suite_path(), "cutmix").jobs if job.computes)
    large = {"loader": "folder", "channels": 3, "height": 1000, "width": 1000, "mean": [0.5] * 3, "std": [0.5] * 3}
    data = {**spec.data, **large, **({} if stream is None else {"stream": stream})}
    assert needs_of(Errand("large", specs=(spec.model_copy(update={"data": data}),))).memory == GIB + held


def test_the_gpus_are_stated_where_there_are_none():
    assert Needs(1, 0, GIB).options == {"num_cpus": 1, "num_gpus": 0, "memory": GIB}


@pytest.mark.parametrize(
    ("needs", "node", "many"),
    [
        (Needs(2, 0, GIB), {"CPU": 2.0, "memory": float(GIB)}, 1),
        (Needs(2, 0, GIB), {"CPU": 1.0, "GPU": 8.0, "memory": 9.0 * GIB}, 0),
        (Needs(1, 1, GIB), {"CPU": 9.0, "memory": 9.0 * GIB}, 0),
        (Needs(1, 0, GIB), {"CPU": 9.0, "memory": GIB - 1.0}, 0),
        (Needs(1, 0, GIB), {}, 0),
        (Needs(2, 0, GIB), {"CPU": 9.0, "memory": 9.0 * GIB}, 4),
        (Needs(1, 0, 2 * GIB), {"CPU": 9.0, "memory": 7.0 * GIB}, 3),
        (Needs(1, 1, GIB), {"CPU": 64.0, "GPU": 8.0, "memory": 99.0 * GIB}, 8),
    ],
)
def test_as_many_fit_a_machine_as_the_scarcest_of_their_needs_lets(needs, node, many):
    assert needs.side_by_side(node) == many


def test_two_machines_that_are_large_enough_together_only_are_not_enough():
    node = {"CPU": 2.0, "memory": 8.0 * GIB}
    check_fit([Errand("narrow")], [node, node])
    with pytest.raises(MixBenchError) as caught:
        check_fit([Errand("narrow"), Errand("wide", specs=asking(3))], [node, node])
    assert str(caught.value) == (
        "--engine ray: needed a machine with 3 CPU(s), 0 GPU(s) and 1.0 GiB of memory for 'errand wide', got"
        " 2 CPU(s), 0 GPU(s) and 8.0 GiB of memory; add one to the cluster"
    )


def test_an_empty_cluster_is_said():
    with pytest.raises(MixBenchError, match="got none; add one"):
        check_fit([Errand("any")], [])
