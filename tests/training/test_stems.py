"""Every family's small stem: the map it ends in, what records say of it, and one line where there is none."""

from contextlib import nullcontext

import pytest
import timm
import torch
from torch import nn

from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.model import Model
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build, create_arguments, describe, sides_taken
from mixbench.training.fits import FAMILIES
from mixbench.training.stems import patch_size

SIZES = [(9, 14), (28, 28)]
NETS = [*(name for family, name in FAMILIES.items() if family != "ViT"), "vgg11"]


def data_of(height, width, channels=3):
    """Digits' data section with images of another size."""
    update = {"height": height, "width": width, "channels": channels}
    update |= {"mean": [0.5] * channels, "std": [0.25] * channels}
    return load_suite("digits").data.model_copy(update=update)


def final_map(backbone, data):
    """The (H, W) that a backbone's features end in, worked out without weights."""
    with torch.device("meta"), torch.no_grad():
        net = build(backbone, data).eval().net
        return tuple(net.forward_features(torch.zeros(1, *(data.channels, data.height, data.width))).shape[2:])


@pytest.mark.parametrize("backbone", NETS)
def test_ends_in_at_least_two_by_two(backbone):
    for height, width in SIZES:
        assert min(final_map(backbone, data_of(height, width))) >= 2, (height, width)


EXPECTED = {
    "test_resnet": (4, 2),
    "resnetv2_18": (4, 2),
    "densenet121": (4, 2),
    "test_convnext": (4, 2),
    "tinynet_e": (2, 2),
    "mobilenetv3_small_050": (2, 2),
    "vgg11": (2, 2),
}


@pytest.mark.parametrize("backbone", NETS)
def test_ends_in_the_map_that_strides_leave(backbone):
    at_32, at_8 = EXPECTED[backbone]
    assert final_map(backbone, data_of(32, 32)) == (at_32, at_32)
    assert final_map(backbone, data_of(8, 8, channels=1)) == (at_8, at_8)


@pytest.mark.parametrize("backbone", ["test_efficientnet", "test_convnext"])
def test_images_of_64_pixels_get_timms_own(backbone):
    with torch.device("meta"), torch.no_grad():
        own = timm.create_model(backbone).eval().forward_features(torch.zeros(1, 3, 64, 64)).shape[2:]
    assert final_map(backbone, data_of(64, 64)) == tuple(own) == (2, 2)
    assert describe(backbone, data_of(64, 64))["stem"] == "timm's own"


@pytest.mark.parametrize(
    ("size", "patch"),
    [((8, 8), 2), ((16, 16), 2), ((28, 28), 4), ((32, 32), 4), ((32, 48), 4), ((9, 9), 1), ((9, 14), 1), ((48, 48), 6)],
)
def test_patches_tile_the_image(size, patch):
    assert patch_size(*size) == patch


def test_a_vit_has_a_token_for_each_patch():
    for (height, width), tokens in {(8, 8): 16, (32, 32): 64, (28, 28): 49, (32, 48): 96}.items():
        with torch.device("meta"):
            net = build("test_vit", data_of(height, width)).net
        assert net.patch_embed.num_patches == tokens
        assert net.pos_embed.shape[1] == tokens + net.num_prefix_tokens


@pytest.mark.parametrize("backbone", NETS)
def test_weights_fit_timms_model_but_for_the_first_convolutions(backbone):
    """Names stay timm's, and so do shapes, kernels of the stem aside."""
    data = data_of(32, 32)
    with torch.device("meta"):
        own = timm.create_model(backbone, **create_arguments(backbone, data)).state_dict()
        ours = build(backbone, data).net.state_dict()
    assert own.keys() == ours.keys()
    other = {name for name in own if own[name].shape != ours[name].shape}
    assert other <= {"conv1.weight", "stem.conv.weight", "features.conv0.weight", "stem.0.weight"}


def test_a_fresh_kernel_has_the_spread_of_its_family():
    torch.manual_seed(0)
    data = data_of(32, 32)
    dense = build("densenet121", data).net.features.conv0.weight
    assert dense.shape == (64, 3, 3, 3)
    assert dense.std().item() == pytest.approx((2 / 27) ** 0.5, rel=0.1)
    patch = build("test_convnext", data).net.stem[0].weight
    assert patch.shape == (24, 3, 3, 3)
    assert patch.std().item() == pytest.approx(0.02, rel=0.15)


def test_records_say_what_was_done():
    small, tiny = data_of(32, 32), data_of(8, 8)
    assert describe("test_resnet", tiny)["stem"] == "small: first convolution with stride 1 (3x3), no pooling"
    assert describe("test_resnet", tiny)["create_model"]["output_stride"] == 16
    assert describe("test_vit", small)["stem"] == "small: patches of 4 pixels"
    assert describe("test_vit", small)["create_model"]["img_size"] == [32, 32]
    assert "last 0 of 3 transitions" in describe("densenet121", small)["stem"]
    assert "last 1 of 3 transitions" in describe("densenet121", tiny)["stem"]
    assert "last 2 of 4 later strides" in describe("mobilenetv3_small_050", tiny)["stem"]
    assert "last 1 of 5 poolings" in describe("vgg11", small)["stem"]


ALL = "64, 96, 128, 160, 192, 224, 256, 384"


@pytest.mark.parametrize(
    ("backbone", "size", "says"),
    [
        ("test_byobnet", (32, 32), rf"\(it has no small stem\); .* it takes {ALL} pixels a side; use a ResNet, "),
        ("mixer_s16_224", (8, 8), rf"\(it has no small stem\); .* it takes {ALL} pixels a side; use a ResNet, "),
        ("test_vit", (96, 72), rf"\(Input width \(72\) .*; .* it takes {ALL} pixels a side; use such a size or"),
        (
            "halonet_h1",
            (96, 96),
            ": does not take images of 3x96x96; .* it takes 256 pixels a side; use such a size or",
        ),
    ],
)
def test_a_size_that_does_not_fit_is_one_line(backbone, size, says):
    with pytest.raises(MixBenchError, match=says) as error, torch.device("meta"):
        build(backbone, data_of(*size))
    assert f"backbone '{backbone}': does not take images of 3x{size[0]}x{size[1]}" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_sizes_that_are_named_are_those_that_work(monkeypatch):
    """Said of gcvit, whose windows need multiples of 32, and checked by timm's own models with weights."""
    monkeypatch.setattr("mixbench.training.backbone.TRIED", (80, 96))
    assert sides_taken("gcvit_xxtiny", data_of(80, 80)) == [96, 224]
    for side, fits in {80: False, 96: True}.items():
        net = timm.create_model("gcvit_xxtiny", img_size=[side, side]).eval()
        with nullcontext() if fits else pytest.raises(RuntimeError), torch.no_grad():
            net(torch.zeros(1, 3, side, side))


@pytest.mark.parametrize("backbone", ["test_vit2", "mixer_s16_224", "swin_tiny_patch4_window7_224", "test_maxvit"])
def test_a_backbone_of_fixed_size_gets_the_suites(backbone):
    data = data_of(96, 96)
    assert create_arguments(backbone, data)["img_size"] == [96, 96]
    with torch.device("meta"), torch.no_grad():
        assert build(backbone, data).net.eval()(torch.zeros(1, 3, 96, 96)).shape == (1, 10)


def test_a_backbone_of_the_suites_size_is_timms_as_it_is():
    assert create_arguments("mixer_s16_224", data_of(224, 224)) == {"in_chans": 3, "num_classes": 10}
    assert create_arguments("resnet18", data_of(96, 96)) == {"in_chans": 3, "num_classes": 10}
    assert create_arguments("crossvit_tiny_240", data_of(96, 96)) == {"in_chans": 3, "num_classes": 10}


STRIDED, DILATED = Model(stem="strided"), Model(stem="dilated")


@pytest.mark.parametrize("backbone", ["test_resnet", "resnet18", "resnetv2_18"])
@pytest.mark.parametrize("side", [28, 32, 63])
def test_a_strided_stem_ends_in_half_the_map_and_at_least_two_by_two(backbone, side):
    """28 is halved to 14 by the first convolution, then by three stages to 7, 4 and 2; rounded up each time."""
    least = {28: 2, 32: 2, 63: 4}[side]
    with torch.device("meta"), torch.no_grad():
        net = build(backbone, data_of(side, side, 1), STRIDED).eval().net
        assert tuple(net.forward_features(torch.zeros(1, 1, side, side)).shape[2:]) == (least, least)


@pytest.mark.parametrize("backbone", ["test_resnet", "resnet18", "resnetv2_18"])
@pytest.mark.parametrize(("side", "last"), [(28, 7), (32, 8)])
def test_a_dilated_models_last_map_is_a_quarter_of_the_image(backbone, side, last):
    with torch.device("meta"), torch.no_grad():
        net = build(backbone, data_of(side, side, 1), DILATED).eval().net
        assert tuple(net.forward_features(torch.zeros(1, 1, side, side)).shape[2:]) == (last, last)


SAID = {
    "strided": "strided: timm's first convolution, no pooling",
    "dilated": "dilated: timm's first convolution, no pooling; the last two stages dilate",
}


@pytest.mark.parametrize("start", [STRIDED, DILATED])
@pytest.mark.parametrize(("backbone", "pool"), [("test_resnet", "maxpool"), ("resnetv2_18", "stem.pool")])
def test_a_strided_models_weights_are_timms_without_the_pooling(backbone, pool, start):
    """What the record says is enough to make the same model with timm alone."""
    data = data_of(28, 28, 1)
    ours, said = build(backbone, data, start).eval(), describe(backbone, data, start)
    assert said["stem"] == SAID[start.stem]
    theirs = timm.create_model(**said["create_model"]).eval()
    theirs.set_submodule(pool, nn.Identity())
    theirs.load_state_dict(ours.net.state_dict())
    images = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs((images - 0.5) / 0.25))


@pytest.mark.parametrize("start", [STRIDED, DILATED])
@pytest.mark.parametrize("backbone", ["test_vit", "test_convnext", "densenet121", "vgg11", "test_byobnet"])
def test_other_families_have_no_strided_stem(backbone, start):
    says = "3x32x32.*; use a ResNet or ResNetV2, or stem = 'small'"
    with pytest.raises(MixBenchError, match=says) as error, torch.device("meta"):
        build(backbone, data_of(32, 32), start)
    assert "\n" not in str(error.value)


def test_larger_images_have_timms_stem_whatever_is_asked_for():
    data = data_of(64, 64)
    assert describe("test_resnet", data, STRIDED) == describe("test_resnet", data)
    with torch.device("meta"):
        assert repr(build("test_resnet", data, STRIDED)) == repr(build("test_resnet", data))


def test_making_a_model_draws_nothing_but_its_weights():
    """The try of a blank image leaves the generator, the modes and the running statistics alone."""
    torch.manual_seed(0)
    net = timm.create_model("test_efficientnet", num_classes=10, in_chans=3)
    state = torch.get_rng_state()
    torch.manual_seed(0)
    model = build("test_efficientnet", data_of(32, 32))
    assert torch.equal(state, torch.get_rng_state())
    assert model.training
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, model.net.state_dict()[name]), name
