"""A suite so small that its five trainings take seconds, and finished runs of it, made once a test process."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from mixbench.runs.assemble import assemble
from mixbench.runs.plan import Plan, plan_spec
from mixbench.runs.store import Store
from mixbench.spec.suite import load_suite

SUITE = """
name = "tiny"
version = 1
backbone = "test_resnet"

[data]
name = "digits"
sha256 = "c8ce53ca10b8fe56a46759775f42443395bdb8c0bd9d90c74f8b53f281100ece"
test_fraction = 0.2
train_images = 1437
test_images = 360
classes = 10
channels = 1
height = 8
width = 8
mean = [0.305383]
std = [0.376119]

[transform]
crop_padding = 1
flip = false

[training]
epochs = 2
batch_size = 480
precision = "float32"
threads = 1
optimizer = { name = "adamw", learning_rate = 0.006, weight_decay = 0.01 }
schedule = { name = "linear", warmup_epochs = 0.7, warmup_start = 0.04 }

[battery]
eps = 0.1
eps_curve = [0.1]
pairs = 8

[expected]
training_seconds = 1.0
examination_seconds = 1.0
"""
AUG = "cutmix(alpha=1.0,probability=1.0)"
FEW = (
    ("c8ce53ca10b8fe56a46759775f42443395bdb8c0bd9d90c74f8b53f281100ece",
     "5cc3c4d9833bee82aaa26567e58e44b6eb6f391186e4c39e48f35efc66ed4dbe"),
    ("test_fraction = 0.2", "test_fraction = 0.2\nkeep_train = 230\nkeep_test = 60"),
    ("train_images = 1437", "train_images = 230"), ("test_images = 360", "test_images = 60"),
    ("batch_size = 480", "batch_size = 80"),
)  # fmt: skip
"""Changes that leave as many steps, three an epoch, with few images."""

_KEPT = tempfile.TemporaryDirectory(prefix="mixbench-tests-")


def write_suite(folder: Path, *changes: tuple[str, str], name: str = "tiny.toml") -> Path:
    """Write the suite, each change a text that stands once in it and its replacement."""
    text = SUITE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def plan_of(suite: Path, *augs: str, seeds: tuple[int, ...] = (0,)) -> Plan:
    """Plan augmentations under a suite file on the CPU."""
    loaded = load_suite(suite)
    return plan_spec(loaded, loaded.backbone, augs, seeds, "cpu")


@cache
def suite_path() -> Path:
    """Return the tiny suite's file."""
    return write_suite(Path(_KEPT.name))


@cache
def finished_runs() -> Path:
    """Return a runs folder with cutmix, seed 0, made in this process in the plan's order; tests leave it alone."""

    runs, plan = Path(_KEPT.name) / "finished", plan_of(suite_path(), "cutmix")
    for job in plan.jobs:
        job.do(Store(runs))
    assemble(plan, plan.records[0], runs)
    return runs


def finished_record() -> Path:
    """Return the path of the finished runs' one record."""
    (path,) = finished_runs().glob("*.json")
    return path


def copied_runs(folder: Path) -> Path:
    """Return a copy of the finished runs that a test may change."""
    return shutil.copytree(finished_runs(), folder / "runs")


def files_of(runs: Path, kind: str = "trainings") -> dict[str, bytes]:
    """Return the content of every artefact of a kind but its manifest, which has wall times."""
    root = runs / "store" / kind
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.glob("*/*")) if path.name != "manifest"
    }


def leftovers(runs: Path) -> list[Path]:
    """Return what a write that did not end has left behind."""
    return sorted(runs.rglob("*.partial"))
