"""Pretrained weights: a file's as timm itself reads it, and what records and digests say of them."""

import re

import pytest
import safetensors.torch
import timm
import torch
from beginnings import PRETRAINED, apart, data, made, save, start
from tiny import write_suite

from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.store import Store
from mixbench.runs.weights import stored_model
from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.model import Model
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.training.backbone import describe

HEADS = {"test_resnet": "fc.", "test_vit": "head.", "test_convnext": "head.fc.", "test_efficientnet": "classifier."}


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("backbone", HEADS)
def test_a_file_gives_timms_weights_and_leaves_a_head_for_other_classes_alone(tmp_path, backbone, channels):
    """The oracle is timm's own reading of the file: kernels for other channels, positions for another size."""
    path, head = tmp_path / "weights.safetensors", HEADS[backbone]
    save(path, backbone)
    size = {"img_size": (64, 64)} if backbone == "test_vit" else {}
    oracle = timm.create_model(
        backbone, pretrained=True, pretrained_cfg_overlay={"file": str(path)}, in_chans=channels, num_classes=7, **size
    ).state_dict()
    section = data(64, channels, classes=7)
    ours, random = (made(backbone, section, begin).net.state_dict() for begin in (start(path), Model()))
    assert apart(ours, oracle) <= {f"{head}weight", f"{head}bias"}
    assert not any(name.startswith(head) for name in apart(ours, random))
    assert apart(ours, random)


@pytest.mark.parametrize("backbone", ["test_resnet", "test_convnext"])
def test_a_head_for_as_many_classes_comes_along(tmp_path, backbone):
    path = tmp_path / "weights.safetensors"
    tensors = save(path, backbone, num_classes=7)
    assert not apart(made(backbone, data(classes=7), start(path)).net.state_dict(), tensors)


def test_grey_weights_for_grey_images(tmp_path):
    path = tmp_path / "weights.safetensors"
    tensors = save(path, in_chans=1, num_classes=10)
    assert not apart(made("test_resnet", data(channels=1), start(path)).net.state_dict(), tensors)


def test_weights_without_a_head_leave_it_random(tmp_path):
    path = tmp_path / "weights.safetensors"
    save(path, num_classes=0)
    ours, random = (made("test_resnet", data(), begin).net.state_dict() for begin in (start(path), Model()))
    assert ours["fc.weight"].equal(random["fc.weight"])
    assert not ours["conv1.0.weight"].equal(random["conv1.0.weight"])


@pytest.mark.parametrize("side", [32, 64])
def test_pretrained_models_have_timms_own_stem_at_every_size(tmp_path, side):
    path = tmp_path / "weights.safetensors"
    save(path)
    ours = made("test_resnet", data(side), start(path))
    assert repr(ours.net) == repr(timm.create_model("test_resnet", num_classes=10))
    assert describe("test_resnet", data(side), start(path))["stem"] == "timm's own"


def test_images_are_normalised_as_the_weights_were_trained(tmp_path):
    """ImageNet's means and deviations; over a grey image's one channel their mean, worked by hand."""
    path = tmp_path / "weights.safetensors"
    save(path, "test_efficientnet")
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    mean, std = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    colour = made("test_efficientnet", data(), start(path)).eval()
    shifted = (images - torch.tensor(mean).reshape(3, 1, 1)) / torch.tensor(std).reshape(3, 1, 1)
    torch.testing.assert_close(colour(images), colour.net(shifted))
    grey = made("test_efficientnet", data(channels=1), start(path))
    assert (grey.mean.item(), grey.std.item()) == (pytest.approx(1.347 / 3), pytest.approx(0.678 / 3))


def test_records_say_where_weights_came_from(tmp_path):
    path = tmp_path / "weights.safetensors"
    save(path)
    said = {"mean": [0.5] * 3, "std": [0.5] * 3}
    assert describe("test_resnet", data(), start(path))["pretrained"] == {"sha256": file_digest(path), **said}
    assert describe("test_resnet", data(), PRETRAINED)["pretrained"] == {"hub": "timm/test_resnet.r160_in1k", **said}
    assert "pretrained" not in describe("test_resnet", data())


def suite_with(folder, path, name="tiny.toml"):
    model = f'[model]\npretrained = {{ file = "{path}", sha256 = "{file_digest(path)}" }}\n\n[transform]'
    suite = write_suite(folder, ("[transform]", model), ("epochs = 2", "epochs = 1"), name=name)
    return load_suite(suite)


def spec_of(suite, seed=0) -> TrainingSpec:
    rest = {"augmentation": "erm", "method_versions": {"erm": 1}, "noise": 0.0, "seed": seed, "device": "cpu"}
    return TrainingSpec.of(suite, backbone="test_resnet", **rest)


def test_a_finished_training_needs_its_pretrained_file_no_more(tmp_path):
    path = tmp_path / "weights.safetensors"
    save(path, num_classes=10, in_chans=1)
    suite, store = suite_with(tmp_path, path), Store(tmp_path / "runs")
    spec = spec_of(suite)
    TrainJob(title="a training", training=spec).do(store)
    path.unlink()
    model = stored_model(store, spec)
    kept = safetensors.torch.load_file(store.folder("trainings", spec.digest) / "weights.safetensors")
    assert not apart(model.net.state_dict(), kept)
    assert model.mean.item() == 0.5
    with pytest.raises(MixBenchError, match=r"needed a .safetensors file"):
        TrainJob(title="another", training=spec_of(suite, seed=1)).do(store)


def test_a_digest_has_the_weights_but_not_their_place(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    first, second, other = (tmp_path / name for name in ("a.safetensors", "elsewhere/b.safetensors", "c.safetensors"))
    save(first)
    second.write_bytes(first.read_bytes())
    save(other, num_classes=7)
    suites = [suite_with(tmp_path, path, name=f"{path.stem}.toml") for path in (first, second, other)]
    plain = load_suite(write_suite(tmp_path, ("epochs = 2", "epochs = 1"), name="plain.toml"))
    for digests in ([each.digest for each in (*suites, plain)], [spec_of(each).digest for each in (*suites, plain)]):
        assert digests[0] == digests[1]
        assert len(set(digests)) == 3
    assert not re.search(re.escape(str(tmp_path)), str(suites[0].settings))
