"""Pretrained weights: a file's as timm itself reads it, a hub that is not there, and what records say of them."""

import pickle
import re
import ssl
from dataclasses import replace
from urllib.error import HTTPError, URLError

import huggingface_hub
import pytest
import safetensors.torch
import timm
import torch
from tiny import write_suite

from mixbench.runs.jobs import TrainJob
from mixbench.runs.store import Store
from mixbench.runs.weights import stored_model
from mixbench.runs.work import do
from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections import Data, Model, PretrainedFile
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.training import hub, pretrained
from mixbench.training.backbone import build, describe

PRETRAINED = Model(pretrained=True)
HEADS = {"test_resnet": "fc.", "test_vit": "head.", "test_convnext": "head.fc.", "test_efficientnet": "classifier."}


def data(side: int = 64, channels: int = 3, classes: int = 10) -> Data:
    return Data(
        name="some", sha256="0" * 64, test_fraction=0.2, train_images=8, test_images=2, classes=classes,
        channels=channels, height=side, width=side, mean=[0.1] * channels, std=[0.2] * channels,
    )  # fmt: skip


def save(path, backbone="test_resnet", change=dict, **arguments):
    """Write a random model's weights, after `change`, and return their tensors."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        tensors = change(timm.create_model(backbone, **arguments).state_dict())
    safetensors.torch.save_file(tensors, path)
    return tensors


def start(path) -> Model:
    return Model(pretrained=PretrainedFile(file=str(path), sha256=file_digest(path)))


def made(backbone, section, begin):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(backbone, section, begin)


def apart(first, second):
    """The names of the tensors in which two states differ."""
    assert first.keys() == second.keys()
    return {name for name in first if first[name].shape != second[name].shape or not first[name].equal(second[name])}


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


def without(name):
    return lambda tensors: {key: tensor for key, tensor in tensors.items() if key != name}


def with_short_bias(tensors):
    return {**tensors, "bn1.bias": torch.ones(1)}


def with_float8(tensors):
    return {**tensors, "fc.bias": tensors["fc.bias"].to(torch.float8_e4m3fn)}


def with_nan(tensors):
    return {**tensors, "fc.bias": torch.full_like(tensors["fc.bias"], float("nan"))}


@pytest.mark.parametrize(
    ("backbone", "change", "arguments", "says"),
    [
        (
            "test_resnet",
            without("bn1.weight"),
            {},
            r"needed bn1.weight of shape \(\d+,\), got none; .* of 'test_resnet'",
        ),
        ("test_resnet", lambda tensors: {**tensors, "x": torch.ones(1)}, {}, "needed x of shape none at all, got"),
        ("test_resnet", with_short_bias, {}, r"needed bn1.bias of shape \(\d+,\), got \(1,\)"),
        ("test_convnext", dict, {}, "needed bn1.bias of shape"),
        ("test_resnet", dict, {"in_chans": 1}, "inconsistent with input_size"),
        ("test_resnet", with_float8, {}, "needed numbers of 16 bits or more, got torch.float8_e4m3fn in fc.bias; save"),
        ("test_resnet", with_nan, {}, "needed numbers, got NaN or infinity in fc.bias"),
        ("test_resnet", lambda tensors: {}, {}, "needed numbers, got no tensor at all"),
    ],
)
def test_weights_that_do_not_fit_are_one_line(tmp_path, backbone, change, arguments, says):
    path = tmp_path / "weights.safetensors"
    save(path, backbone, change, **arguments)
    with pytest.raises(MixBenchError, match=says) as caught:
        build("test_resnet", data(), start(path))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"weights {path}: ")


def test_another_checksum_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    save(path)
    begin = start(path)
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(MixBenchError, match=f"needed sha256 {begin.pretrained.sha256}, got {file_digest(path)}"):
        build("test_resnet", data(), begin)


class Malicious:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


@pytest.mark.parametrize("content", [pickle.dumps(Malicious()), b"", b"\xff" * 64])
def test_a_pickled_or_broken_file_is_refused_unread(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(
        MixBenchError, match=r"needed a .safetensors file, got .*pickled weights are never loaded"
    ) as caught:
        build("test_resnet", data(), start(path))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    begin = Model(pretrained=PretrainedFile(file=str(tmp_path / "none"), sha256="0" * 64))
    with pytest.raises(MixBenchError, match=r"needed a .safetensors file, got FileNotFoundError"):
        build("test_resnet", data(), begin)


def test_a_size_that_the_weights_model_cannot_take_is_refused_before_they_are_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "check_hub", lambda repository: pytest.fail("the hub was asked"))
    section = data().model_copy(update={"height": 96, "width": 72})
    with pytest.raises(
        MixBenchError, match=r"not take images of 3x96x72 .*; .* 64, 96, .*160.*; use such a size or"
    ) as caught:
        build("test_maxvit", section, PRETRAINED)
    assert "\n" not in str(caught.value)


NO_NETWORK = URLError(OSError(-2, "Name or service not known"))


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def answers(monkeypatch, what):
    def urlopen(request, timeout):
        assert 0 < timeout <= 30
        asked.append(request.full_url)
        raise what

    asked: list[str] = []
    monkeypatch.setattr(hub, "urlopen", urlopen)
    return asked


def test_without_network_one_line_names_the_weights_and_what_to_do(no_cache, monkeypatch):
    """The hub's own client would try again for a minute: it is not even asked."""
    asked = answers(monkeypatch, NO_NETWORK)
    real = timm.create_model
    monkeypatch.setattr(
        pretrained.timm,
        "create_model",
        lambda *a, pretrained=False, **k: pytest.fail(a[0]) if pretrained else real(*a, **k),
    )
    says = "needed pretrained weights timm/test_resnet.r160_in1k from the hub, got .*not known.*--weights FILE"
    with pytest.raises(MixBenchError, match=says) as caught:
        build("test_resnet", data(), PRETRAINED)
    assert "\n" not in str(caught.value)
    assert len(asked) == 1


def test_an_offline_hub_is_one_line(no_cache, monkeypatch):
    """HF_HUB_OFFLINE and nothing kept: the hub's own client refuses."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(
        MixBenchError, match=r"needed pretrained weights timm/test_resnet.r160_in1k from the hub"
    ) as caught:
        build("test_resnet", data(), PRETRAINED)
    assert "\n" not in str(caught.value)


def test_the_hubs_weights_are_timms_own(tmp_path, monkeypatch):
    """What timm.create_model(pretrained=True) returns, but for a head of other classes."""
    tensors = save(tmp_path / "weights.safetensors")
    monkeypatch.setattr(pretrained, "check_hub", lambda repository: None)
    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", lambda *a, **k: dict(tensors))
    ours = made("test_resnet", data(classes=7), PRETRAINED).net.state_dict()
    theirs = timm.create_model("test_resnet", num_classes=7).state_dict() | {
        name: tensor for name, tensor in tensors.items() if not name.startswith("fc.")
    }
    assert apart(ours, theirs) <= {"fc.weight", "fc.bias"}
    assert not apart(made("test_resnet", data(classes=1000), PRETRAINED).net.state_dict(), tensors)


@pytest.mark.parametrize(
    "answer",
    [HTTPError("https://x", 404, "none", None, None), URLError(ssl.SSLCertVerificationError("unknown issuer"))],  # pyright: ignore[reportArgumentType]
)
def test_any_answer_will_do(no_cache, monkeypatch, answer):
    asked = answers(monkeypatch, answer)
    hub.check_hub("timm/some")
    assert asked == [huggingface_hub.constants.ENDPOINT]


def test_what_is_kept_needs_no_hub(no_cache, monkeypatch):
    asked = answers(monkeypatch, NO_NETWORK)
    (no_cache / "models--timm--some" / "snapshots").mkdir(parents=True)
    hub.check_hub("timm/some")
    assert not asked
    with pytest.raises(OSError, match="not known"):
        hub.check_hub("timm/other")


def test_a_model_that_timm_has_no_weights_for():
    with pytest.raises(MixBenchError, match=r"'cs3darknet_s': timm has no weights for it on the hub; give a file"):
        build("cs3darknet_s", data(), PRETRAINED)


@pytest.mark.parametrize(
    "where",
    [
        {"hf_hub_id": None, "url": "https://example.org/w.pth"},
        {"hf_hub_id": "timm/some", "hf_hub_filename": "w.pt"},
    ],
)
def test_weights_that_are_not_safetensors_are_not_even_fetched(monkeypatch, where):
    config = replace(timm.get_pretrained_cfg("test_resnet"), **where)
    monkeypatch.setattr(pretrained.timm, "get_pretrained_cfg", lambda backbone: config)
    monkeypatch.setattr(pretrained, "check_hub", lambda repository: pytest.fail("the hub was asked"))
    with pytest.raises(MixBenchError, match=r"w.pth?, which is no .safetensors file .*--weights FILE") as caught:
        build("test_resnet", data(), PRETRAINED)
    assert "\n" not in str(caught.value)


def test_timm_is_asked_for_safetensors_alone(tmp_path, monkeypatch):
    """By default timm takes pytorch_model.bin where a repository has no model.safetensors."""

    def load(repository, filename="pytorch_model.bin", **_):
        asked.append(filename)
        return dict(tensors)

    asked: list[str] = []
    tensors = save(tmp_path / "weights.safetensors")
    monkeypatch.setattr(pretrained, "check_hub", lambda repository: None)
    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", load)
    build("test_resnet", data(), PRETRAINED)
    assert asked == ["model.safetensors"]


def test_an_address_that_is_none_is_one_line(no_cache, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://hugging face.co/a b")
    with pytest.raises(MixBenchError, match=r"no usable answer from http://hugging face.co/a b .*mend HF_ENDPOINT"):
        build("test_resnet", data(), PRETRAINED)


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
    do(TrainJob(title="a training", spec=spec), store)
    path.unlink()
    model = stored_model(store, spec)
    kept = safetensors.torch.load_file(store.folder("trainings", spec.digest) / "weights.safetensors")
    assert not apart(model.net.state_dict(), kept)
    assert model.mean.item() == 0.5
    with pytest.raises(MixBenchError, match=r"needed a .safetensors file"):
        do(TrainJob(title="another", spec=spec_of(suite, seed=1)), store)


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
