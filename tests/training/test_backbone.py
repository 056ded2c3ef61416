"""Backbones: what small images get, what timm can load, what is refused."""

import pytest
import timm
import torch
from torch import nn

from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data
from mixbench.training.backbone import Classifier, build, describe

SMALL_STEMS = ["test_resnet", "resnet18", "resnetv2_18"]


def data(side: int = 8, channels: int = 1, classes: int = 10) -> Data:
    return Data(
        name="some", sha256="0" * 64, test_fraction=0.2, train_images=8, test_images=2, classes=classes,
        channels=channels, height=side, width=side, mean=[0.25] * channels, std=[0.5] * channels,
    )  # fmt: skip


def make(backbone: str, section: Data) -> Classifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build(backbone, section).eval()


def last_map(model: Classifier, side: int) -> tuple[int, ...]:
    images = torch.rand(2, model.size[0], side, side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return tuple(model.net.forward_features(images).shape[2:])


@pytest.mark.parametrize("backbone", SMALL_STEMS)
@pytest.mark.parametrize(("side", "least"), [(8, 2), (28, 4), (32, 4)])
def test_small_images_end_in_a_map_of_some_size(backbone, side, least):
    height, width = last_map(make(backbone, data(side)), side)
    assert min(height, width) >= least


@pytest.mark.parametrize("backbone", SMALL_STEMS)
def test_large_images_keep_timms_own_stem(backbone):
    ours, theirs = make(backbone, data(64)).net, timm.create_model(backbone, in_chans=1, num_classes=10)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("backbone", SMALL_STEMS)
def test_a_small_stem_has_stride_one_and_no_pooling(backbone):
    net = make(backbone, data(32)).net
    first = next(module for module in net.modules() if isinstance(module, nn.Conv2d))
    assert (first.kernel_size, first.stride) == ((3, 3), (1, 1))
    assert not any(isinstance(module, nn.MaxPool2d) for module in net.modules())


@pytest.mark.parametrize("backbone", SMALL_STEMS)
@pytest.mark.parametrize("side", [8, 64])
def test_weights_load_into_timms_model_but_for_the_stem(backbone, side):
    section = data(side)
    state = make(backbone, section).net.state_dict()
    plain = timm.create_model(**describe(backbone, section)["create_model"])
    theirs = plain.state_dict()
    assert state.keys() == theirs.keys()
    other = {name for name in state if state[name].shape != theirs[name].shape}
    stems = {"test_resnet": set(), "resnet18": {"conv1.weight"}, "resnetv2_18": {"stem.conv.weight"}}
    assert other == (stems[backbone] if side < 64 else set())
    plain.load_state_dict({name: value for name, value in state.items() if name not in other}, strict=not other)


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_in_logits_out(channels):
    model = make("test_resnet", data(8, channels, classes=7))
    images = torch.rand(5, channels, 8, 8, generator=torch.Generator().manual_seed(0))
    logits = model(images)
    assert (logits.shape, logits.dtype) == ((5, 7), torch.float32)
    assert model.size == (channels, 8, 8)
    torch.testing.assert_close(logits, model.net((images - 0.25) / 0.5))
    assert not torch.allclose(logits, model.net(images), atol=1e-3)


def test_logits_are_float32_under_autocast():
    model = make("test_resnet", data())
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(torch.full((2, 1, 8, 8), 0.5))
    assert logits.dtype == torch.float32


def test_normalisation_is_each_channels_own():
    section = Data(**{**data(8, 2).model_dump(), "mean": [0.0, 1.0], "std": [1.0, 0.5]})
    model = Classifier(nn.Flatten(), section)
    images = torch.full((1, 2, 8, 8), 0.5)
    assert model(images)[0, :64].unique().tolist() == [0.5]
    assert model(images)[0, 64:].unique().tolist() == [-1.0]


def test_the_same_generator_gives_the_same_weights():
    first, second = (make("test_resnet", data()).state_dict() for _ in range(2))
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not any("mean" in name.split(".")[0] or name == "std" for name in first)


def test_an_unknown_backbone_gets_a_hint():
    with pytest.raises(MixBenchError, match=r"unknown backbone 'resnet81'.*Did you mean 'resnet\d+'\?"):
        build("resnet81", data())


@pytest.mark.parametrize("backbone", ["inception_v3", "xcit_nano_12_p8_224"])
def test_what_has_no_small_stem_is_refused_in_one_line(backbone, monkeypatch):
    monkeypatch.setattr("mixbench.training.backbone.TRIED", (64, 96))
    says = (
        f"backbone '{backbone}': does not take images of 1x32x32 .*no small stem.*96, (224|299) pixels a side; use a "
    )
    with pytest.raises(MixBenchError, match=says) as caught:
        build(backbone, data(32))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("side", "small"), [(8, True), (63, True), (64, False), (224, False)])
def test_where_the_small_stem_begins(side, small):
    assert ("small" in describe("resnet18", data(side))["stem"]) is small


def test_a_description_makes_the_same_model():
    said = describe("test_resnet", data())
    assert said["timm"] == timm.__version__
    assert said["create_model"]["model_name"] == "test_resnet"
    net = timm.create_model(**said["create_model"])
    assert net.num_classes == 10
