"""Files of pretrained weights that do not fit, are broken, or are no weights: one line each, nothing unpickled."""

import pickle

import pytest
import torch
from beginnings import PRETRAINED, data, save, start

from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.model import Model, PretrainedFile
from mixbench.training import pretrained
from mixbench.training.backbone import build


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
