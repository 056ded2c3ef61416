"""The matrix: every method takes a step on a small member of every family of backbones, or is refused in one line."""

import copy
from functools import cache

import pytest
import torch

from mixbench.augment.table import METHODS
from mixbench.augment.traits import Change
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import stream
from mixbench.spec.suite import load_suite
from mixbench.torch_state import library_randomness
from mixbench.training.backbone import build
from mixbench.training.fits import FAMILIES, fits, try_step

DIGITS = load_suite("digits").data
DATA = DIGITS.model_copy(
    update={"channels": 3, "height": 32, "width": 32, "mean": [0.5] * 3, "std": [0.25] * 3, "classes": 3}
)
FITS = {
    "dropout": {"ResNet", "ResNetV2"},
    "dropblock": {"ResNet"},
    "stochastic_depth": {"ResNet", "ResNetV2", "EfficientNet", "MobileNet", "ConvNeXt", "ViT"},
    "shakedrop": {"ResNet", "EfficientNet", "MobileNet"},
    "manifold_mixup": set(FAMILIES),
}

LARGE = {"ResNetV2", "DenseNet"}
"""timm has no tiny member of these: beside mixup only what changes the model or reaches into it is tried on them."""
REACH_IN = {"manifold_mixup", "noisy_feature_mixup", "snapmix"}
MATRIX = [
    (method.name, family)
    for method in METHODS
    for family in FAMILIES
    if family not in LARGE or Change.MODEL in method.changes or method.name in {"mixup", *REACH_IN}
]


@cache
def built(family):
    with library_randomness(stream(0, "families", family)):
        return build(FAMILIES[family], DATA)


def step(model, name):
    """The loss of a step, or why there is none."""
    try:
        with library_randomness(stream(0, "step")):
            return try_step(model, name, DATA), ""
    except MixBenchError as error:
        return None, str(error)


@pytest.mark.parametrize(("name", "family"), MATRIX)
def test_takes_a_step_or_is_refused(name, family):
    model = copy.deepcopy(built(family))
    names = list(model.net.state_dict())
    loss, refusal = step(model, name)
    if loss is None:
        assert name in refusal
        assert FAMILIES[family] in refusal or name not in FITS
        assert "\n" not in refusal
        assert family not in FITS.get(name, ())
        return
    assert torch.isfinite(loss)
    assert family in FITS.get(name, FAMILIES)
    assert list(model.net.state_dict()) == names
    moved = sum(bool(p.grad is not None and p.grad.any()) for p in model.parameters())
    assert moved >= 0.5 * len(list(model.parameters()))


@pytest.mark.parametrize("name", ["erm", "cutmix", "label_smoothing"])
def test_what_leaves_the_model_alone_fits_every_family(name):
    assert fits("test_vit", name, DATA) is None


def test_fits_says_why_not_and_leaves_the_generator_alone():
    state = torch.get_rng_state()
    assert fits("test_resnet", "dropout+mixup", DIGITS) is None
    refusal = fits("test_vit", "dropout", DIGITS)
    assert refusal
    assert "test_vit" in refusal
    assert "has no small stem" in (fits("test_byobnet", "erm", DIGITS) or "")
    assert torch.equal(torch.get_rng_state(), state)


def test_fits_does_not_hide_a_malformed_spec():
    with pytest.raises(MixBenchError, match="unknown method"):
        fits("test_resnet", "nonsense", DIGITS)
