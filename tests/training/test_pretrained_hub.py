"""Pretrained weights from the hub, and a hub that is not there."""

import ssl
from dataclasses import replace
from urllib.error import HTTPError, URLError

import huggingface_hub
import pytest
import timm
from beginnings import PRETRAINED, apart, data, made, save

from mixbench.spec.errors import MixBenchError
from mixbench.training import hub, pretrained
from mixbench.training.backbone import build

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
