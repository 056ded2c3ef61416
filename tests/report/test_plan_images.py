"""What a plan says of where images are."""

import pytest
import torch
from tiny import suite_path

from mixbench.data import residence
from mixbench.report.plan import where_images_are
from mixbench.runs.plan import Plan, plan_spec
from mixbench.spec.suite import Suite, load_suite

HELD = "Images: train is held in memory (92.0 kB), test is held in memory (23.0 kB)."


def plan(suite, device="cpu"):
    return plan_spec(suite, suite.backbone, ["erm"], [0], device)


def large(**changes):
    suite = load_suite("imagenet")
    data = suite.data.model_copy(update=changes)
    return Suite.model_construct(**{**dict(suite), "data": data})


def test_small_data_are_held():
    assert where_images_are(plan(load_suite(suite_path()))) == [HELD]


@pytest.mark.parametrize(("free", "test"), [(10**9, "streams"), (4 * 10**10, "is held in memory")])
def test_large_data_stream_as_memory_has_it(monkeypatch, free, test):
    monkeypatch.setattr("mixbench.report.plan.free_memory", lambda: free)
    monkeypatch.setattr(residence, "free_memory", lambda: free)
    said = f"Images: train streams (252 GB), test {test} (7.5 GB); {free / 1e9:.1f} GB of memory are free."
    (found,) = where_images_are(plan(load_suite("imagenet@1")))
    assert found == said


def test_a_suite_says_it_outright():
    suite = large(stream=True)
    made = plan(load_suite("imagenet"))
    (found,) = where_images_are(Plan(suite, made.backbone, made.jobs, made.records))
    assert found.endswith("test streams (7.5 GB).")


def test_whole_pictures_stream_whatever_is_free(monkeypatch):
    monkeypatch.setattr(residence, "free_memory", lambda: 10**13)
    said = "Images: train streams whole pictures (193 GB), test is held in memory (7.5 GB)."
    assert where_images_are(plan(load_suite("imagenet"))) == [said]


def test_what_the_gpu_holds(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (2 * 50_000, 0))
    made = plan(load_suite(suite_path()), "cuda")
    assert where_images_are(made) == [HELD.replace("test is held in memory", "test is held on the GPU")]
