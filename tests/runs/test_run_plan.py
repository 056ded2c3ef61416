"""What a request needs: five trainings, the surrogate's examples, one examination; shared ones once."""

import json
from pathlib import Path

import pytest
import torch
from tiny import AUG, plan_of, suite_path
from torch.nn.modules.module import register_module_forward_pre_hook

from mixbench.battery.battery import examine, examine_group
from mixbench.battery.subject import Subject
from mixbench.data.load import load
from mixbench.report.plan import time_left
from mixbench.results.attacks import CORE, attacks_in
from mixbench.runs.assemble import record_path
from mixbench.runs.cost import costs
from mixbench.runs.jobs.check import CheckJob
from mixbench.runs.jobs.examine import ExamineJob, Weights
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.jobs.transfer import TransferJob
from mixbench.runs.passes import Passes
from mixbench.runs.plan import group_job, plan_spec, plan_weights
from mixbench.runs.store import MANIFEST, Store
from mixbench.runs.timeleft import GUESSED
from mixbench.runs.weights import weights_of
from mixbench.spec.errors import MixBenchError
from mixbench.spec.foreign import Foreign, Given
from mixbench.spec.suite import Suite, load_suite
from mixbench.training.train import train


def trainings(plan) -> list[TrainJob]:
    return [job for job in plan.jobs if isinstance(job, TrainJob)]


def test_one_augmentation_needs_five_trainings_a_transfer_and_an_examination():
    plan = plan_of(suite_path(), "cutmix")
    kinds = [type(job) for job in plan.jobs]
    assert [kinds.count(kind) for kind in (CheckJob, TrainJob, TransferJob, ExamineJob)] == [1, 5, 1, 1]
    found = {(job.spec.augmentation, job.spec.noise, job.spec.seed) for job in trainings(plan)}
    assert found == {(AUG, 0.0, 0), ("erm", 0.0, -1), (AUG, 0.2, 0), (AUG, 0.5, 0), (AUG, 0.8, 0)}
    assert set(plan.records[0].trainings) == {"model", "surrogate", "noise20", "noise50", "noise80"}


def test_jobs_come_after_what_they_need_and_once_each():
    plan = plan_of(suite_path(), "cutmix", "erm", seeds=(0, 1))
    seen: set[str] = set()
    for job in plan.jobs:
        assert seen.issuperset(job.needs)
        assert job.digest not in seen
        seen.add(job.digest)
    assert isinstance(plan.jobs[0], CheckJob)


def test_a_second_augmentation_shares_surrogate_and_examples():
    first, second = plan_of(suite_path(), "cutmix"), plan_of(suite_path(), "cutout")
    shared = {job.digest for job in first.jobs} & {job.digest for job in second.jobs}
    assert len(shared) == 2
    both = plan_of(suite_path(), "cutmix", "cutout")
    assert (len(trainings(both)), len(both.jobs), len(both.records)) == (9, 13, 2)


def test_erms_row_is_a_second_erm_model():
    plan = plan_of(suite_path(), "erm")
    assert {job.spec.seed for job in trainings(plan) if not job.spec.noise} == {0, -1}


def test_two_spellings_are_one_training():
    names = ["cutmix", "cutmix(probability=1.0)", "erm + cutmix(alpha=1)"]
    assert len({tuple(job.digest for job in plan_of(suite_path(), name).jobs) for name in names}) == 1


MADE = Foreign(
    stem="own", stem_source="given", mean=[0.5], std=[0.5], normalisation_source="given", augmentation="erm",
)  # fmt: skip


def weights(**changes) -> Weights:
    parts = {"path": Path("/some/my model.safetensors"), "sha256": "0" * 64, "made": MADE}
    return Weights(**{**parts, **changes})


def foreign(found: Weights, **called):
    return plan_weights(load_suite(suite_path()), "test_resnet", found, "cpu", **called)


def test_weights_from_elsewhere_need_the_surrogate_alone():
    plan = foreign(weights())
    assert [job.spec.seed for job in trainings(plan)] == [-1]
    (record,) = plan.records
    assert (record.augmentation, record.seed, record.name) == ("external", None, "my-model")


@pytest.mark.parametrize(
    "other",
    [
        {"sha256": "1" * 64},
        {"made": MADE.model_copy(update={"stem": "small"})},
        {"made": MADE.model_copy(update={"mean": [0.4]})},
        {"made": MADE.model_copy(update={"std": [0.4]})},
        {"made": MADE.model_copy(update={"augmentation": "shakedrop"})},
    ],
)
def test_whatever_changes_the_model_of_a_file_is_another_examination(other):
    first, second = (foreign(found).records[0].examination.digest for found in (weights(), weights(**other)))
    assert first != second


def test_where_the_word_on_a_file_comes_from_is_no_other_examination():
    other = weights(made=MADE.model_copy(update={"stem_source": "guessed", "normalisation_source": "guessed"}))
    assert foreign(other).records[0].examination.digest == foreign(weights()).records[0].examination.digest


def test_name_and_seed_of_weights_make_records_of_their_own():
    plans = [foreign(weights(), **called) for called in ({}, {"name": "a"}, {"name": "a", "seed": 0}, {"name": "b"})]
    assert len({record_path(plan, plan.records[0], Path()) for plan in plans}) == 4
    assert len({plan.records[0].examination.digest for plan in plans}) == 1


def test_reserved_seeds_and_missing_weights_are_refused(tmp_path):
    with pytest.raises(MixBenchError, match="--seed: needed 0 or more, got -1"):
        plan_of(suite_path(), "erm", seeds=(-1,))
    with pytest.raises(MixBenchError, match="--seed: needed 0 or more, got -1"):
        foreign(weights(), seed=-1)
    with pytest.raises(MixBenchError, match="--name: needed up to 100 letters"):
        foreign(weights(), name="a/b")
    with pytest.raises(MixBenchError, match="No such file"):
        weights_of(load_suite(suite_path()), "test_resnet", tmp_path / "none.safetensors", Given())


def test_another_device_or_backbone_is_another_training():
    suite = load_suite(suite_path())
    plans = [plan_spec(suite, *rest) for rest in (
        ("test_resnet", ["erm"], [0], "cpu"), ("resnet18", ["erm"], [0], "cpu"), ("test_resnet", ["erm"], [0], "cuda"),
    )]  # fmt: skip
    digests = [{job.digest for job in plan.jobs} for plan in plans]
    assert not (digests[0] & digests[1])
    assert not (digests[0] & digests[2])


def test_the_cost_counts_passes_and_what_is_there(tmp_path):
    plan = plan_of(suite_path(), "cutmix")
    found = costs(plan, Store(tmp_path))
    assert len(found) == 7
    assert not any(cost.cached for cost in found)
    assert {cost.source for cost in found} == {"the suite's file"}
    by_kind = {cost.kind: cost.image_passes for cost in found}
    assert by_kind["trainings"] == 3 * (1437 + 360)
    assert by_kind["transfer"] == 10 * 360


@pytest.mark.parametrize("name", ["nosuchmodel", "mobilenetv3"])
def test_a_plan_of_an_unknown_backbone_is_refused(name):
    with pytest.raises(MixBenchError, match=f"unknown backbone '{name}'"):
        plan_spec(load_suite(suite_path()), name, ["erm"], [0], "cpu")


def test_on_a_new_suite_seconds_are_guessed_by_passes(tmp_path):
    """From the shipped suite of the nearest size, then from what was timed here; larger images in proportion."""
    suite = load_suite("digits")
    tables = {**suite.written, "name": "new"}
    del tables["expected"]
    tables["data"] = {**tables["data"], "height": 12, "width": 12, "train_images": 3000}
    new = Suite.model_validate({**tables, "written": tables})
    plan = plan_spec(new, new.backbone, ["cutmix"], [0], "cpu")
    store = Store(tmp_path)
    found = costs(plan, store)
    assert {cost.source for cost in found} == {GUESSED}
    passes = {cost.kind: cost.image_passes for cost in found}
    # digits: 9 s for 13 epochs of 8 × 8 pixels, steps three times as long as passes forward.
    assert passes["trainings"] == 13 * (3000 + 360) + 3360
    expected = (13 * (3 * 3000 + 360) + 3360) * 9.0 / (13 * (3 * 1437 + 360) + 1797) * 144 / 64
    assert next(cost.seconds for cost in found if cost.kind == "trainings") == pytest.approx(expected)
    timed = store.root / "trainings" / "0" / MANIFEST
    timed.parent.mkdir(parents=True)
    spec = next(job for job in plan.jobs if job.kind == "trainings").specs[0].model_dump(mode="json")
    spec |= {"augmentation": "erm", "budget": {"epochs": 9}, "data": {**spec["data"], "height": 32, "width": 32}}
    timed.write_text(json.dumps({"family": "other", "seconds": 33.6, "spec": spec}))
    measured = next(cost.seconds for cost in costs(plan, store) if cost.kind == "trainings")
    assert measured == pytest.approx(
        (13 * (3 * 3000 + 360) + 3360) * 33.6 / (9 * (3 * 3000 + 360) + 3360),
    )
    assert "A guess by passes" in time_left(plan, costs(plan, store), 2)
    other = plan_spec(new, "resnet18", ["erm"], [0], "cpu")
    found = costs(other, store)
    assert {cost.seconds for cost in found} == {None}
    assert time_left(other, found, 2) == "No training of this backbone was timed yet, so no seconds are known."


class Counting(torch.nn.Module):
    """A linear model that counts the images it is given, and those whose pixels want a gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.seen, self.attacked = torch.nn.Linear(64, 10), 0, 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen += len(images)
        self.attacked += len(images) * (images.requires_grad and torch.is_grad_enabled())
        return self.linear(images.flatten(1))


def test_an_examination_s_passes_are_those_that_the_battery_makes():
    plan, model = plan_of("digits", "cutmix"), Counting().eval()
    job = next(job for job in plan.jobs if isinstance(job, ExamineJob))
    data = load(plan.suite.data)
    subject = Subject(model, lambda logits: logits.log_softmax(1))
    black = [row.name for row in attacks_in(CORE)]
    examine(
        subject,
        data.test,
        job.settings(),
        "digits",
        lambda part: dict.fromkeys(black, data.test.pixels(part)),
        data.train,
    )
    passes = job.passes(plan.suite)
    assert (passes.images, passes.attacked, passes.trained) == (model.seen, model.attacked, 0)
    group, model.seen = group_job(job, "apgd"), 0
    examine_group(subject, data.test, job.settings(), "apgd")
    assert group.passes(plan.suite).images == model.seen


@pytest.mark.parametrize("spec", ["cutmix", "snapmix+dropout", "augmix"])
def test_a_training_s_passes_are_those_that_it_makes(spec):
    """Counted at the first convolution, the only one of one channel, which SnapMix too goes through twice."""
    plan, seen = plan_of(suite_path(), spec), {True: [], False: []}
    job = next(job for job in plan.jobs if isinstance(job, TrainJob) and job.spec.augmentation != "erm")
    handle = register_module_forward_pre_hook(
        lambda module, given: (
            seen[torch.is_grad_enabled()].append(len(given[0])) if getattr(module, "in_channels", 0) == 1 else None
        )
    )
    train(job.spec)
    handle.remove()
    blank = 2
    forward, trained = (sum(number for number in seen[grad] if number > blank) for grad in (False, True))
    assert job.passes(plan.suite) == Passes(forward=forward, trained=trained)
