"""Every family's small stem: the map it ends in, what records say of it, and one line where there is none."""

import pytest
import timm
import torch

from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build, create_arguments, describe
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


@pytest.mark.parametrize(
    ("backbone", "size", "says"),
    [
        ("test_byobnet", (32, 32), "takes images of 64x64 and larger, got 3x32x32"),
        ("mixer_s16_224", (96, 96), "takes 3x224x224 images, got 3x96x96"),
        ("mixer_s16_224", (8, 8), "takes 3x224x224 images, got 3x8x8"),
        ("test_vit", (96, 72), "takes 3x160x160 images, got 3x96x72"),
    ],
)
def test_a_size_that_does_not_fit_is_one_line(backbone, size, says):
    with pytest.raises(MixBenchError) as error, torch.device("meta"):
        build(backbone, data_of(*size))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


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
