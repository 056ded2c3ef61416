"""A training that begins with another's weights: exactly its body, a new head, the same draws for all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import write_suite

from mixbench.runs.fine_tuning import fine_tunings
from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.partial import trainings_of
from mixbench.runs.store import Store
from mixbench.runs.weights import stored_model
from mixbench.runs.work import train_model
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Suite, load_suite
from mixbench.training.body import begin_with
from mixbench.training.prepare import prepared_model
from mixbench.training.tensors import read_tensors

FEW = (
    ('sha256 = "c8ce53ca10b8fe56a46759775f42443395bdb8c0bd9d90c74f8b53f281100ece"\n', ""),
    ("test_fraction = 0.2", "test_fraction = 0.2\nkeep_train = 40\nkeep_test = 20"),
    ("train_images = 1437", "train_images = 40"),
    ("test_images = 360", "test_images = 20"),
    ("batch_size = 480", "batch_size = 20"),
)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return load_suite(write_suite(tmp_path, *FEW))


def tuned(suite: Suite, *augs: str, seed: int = 0) -> list[tuple[TrainJob, TrainJob]]:
    before = trainings_of(suite, suite.backbone, [(aug, seed) for aug in augs], "cpu")
    after = fine_tunings(suite, suite.backbone, before, "cpu")
    return [(before[each], after[each]) for each in before]


def test_it_begins_with_exactly_the_body_and_the_head_of_its_seed(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, ((before, after),) = Store(tmp_path), tuned(suite, "cutmix")
    before.do(store)
    monkeypatch.setattr("mixbench.training.train._epochs", lambda run: run.state.model.eval())
    after.do(store)

    pretrained = read_tensors(store.folder("trainings", before.digest) / "weights.safetensors")
    begun = stored_model(store, after.training).net.state_dict()
    fresh = prepared_model(after.training)[0].net.state_dict()
    assert {name for name in begun if not torch.equal(begun[name], pretrained[name])} == {"fc.weight", "fc.bias"}
    assert all(torch.equal(begun[name], fresh[name]) for name in ("fc.weight", "fc.bias"))


def test_whatever_it_was_trained_with_the_rest_is_the_same(suite: Suite) -> None:
    (first, after_first), (second, after_second) = tuned(suite, "cutmix", "mixup")
    one, other = (each.training.model_dump(exclude={"pretraining"}) for each in (after_first, after_second))

    assert one == other
    assert one["augmentation"] == "erm"
    assert (after_first.needs, after_second.needs) == ((first.digest,), (second.digest,))
    assert len({first.digest, second.digest, after_first.digest, after_second.digest}) == 4


def test_the_body_matters_and_a_training_is_the_same_again(suite: Suite, tmp_path: Path) -> None:
    store, made = Store(tmp_path), tuned(suite, "erm", "cutmix")
    for before, after in made:
        before.do(store)
        after.do(store)
    (_, erm), (_, cutmix) = made
    weights = [store.folder("trainings", job.digest) / "weights.safetensors" for job in (erm, cutmix)]

    assert weights[0].read_bytes() != weights[1].read_bytes()
    files, _ = train_model(erm.training, lambda progress: None, store)
    assert files["weights.safetensors"] == weights[0].read_bytes()


def test_a_training_without_pretraining_keeps_its_digest(suite: Suite) -> None:
    ((before, after),) = tuned(suite, "erm")
    plain = type(before.training).model_validate({**after.training.model_dump(), "pretraining": None})

    assert plain.digest == before.digest != after.digest


def test_another_body_and_none_are_refused_in_one_line(suite: Suite, tmp_path: Path) -> None:
    ((_, after),) = tuned(suite, "erm")
    model, _ = prepared_model(after.training)
    other = {
        name: tensor[:1] if name == "layer1.0.conv1.weight" else tensor
        for name, tensor in model.net.state_dict().items()
    }

    with pytest.raises(MixBenchError, match=r"needed layer1.0.conv1.weight of shape .* got \(1, "):
        begin_with(other, model)
    with pytest.raises(MixBenchError, match=r"needed bn1.bias of shape .*, got none"):
        begin_with(None, model)
