"""LeNet from its definition, the VGG-11 that timm has, and what either refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import correlate

from mixbench.runs.plan import plan_spec
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data
from mixbench.spec.seeding import stream
from mixbench.spec.suite import load_suite
from mixbench.torch_state import library_randomness
from mixbench.training.backbone import backbone_names, build, describe, random_net
from mixbench.training.fits import SMALL_COLOUR, fits

SPEECH = load_suite("speech-commands")
SMALL = SMALL_COLOUR.model_copy(update={"channels": 2, "height": 18, "width": 21, "mean": [0.5] * 2, "std": [0.25] * 2})
LENET = 20 * (25 + 1) + 50 * (20 * 25 + 1) + 500 * (50 * 37 * 22 + 1) + 30 * (500 + 1)
"""Of a spectrogram of 160×101: less 4 and halved, twice, is 37×22."""
VGG11 = (
    sum(after * (9 * before + 1) for before, after in [(1, 64), (64, 128), (128, 256), (256, 256)])
    + sum(after * (9 * before + 1) for before, after in [(256, 512), (512, 512), (512, 512), (512, 512)])
    + 4096 * (512 * 7 * 7 + 1) + 4096 * (4096 + 1) + 30 * (4096 + 1)
)  # fmt: skip


@pytest.mark.parametrize(
    ("backbone", "count"), [("lenet", LENET), ("vgg11", VGG11), ("vgg11_bn", VGG11 + 2 * (64 + 128 + 512 + 4 * 512))]
)
def test_the_paper_s_models_take_spectrograms(backbone: str, count: int) -> None:
    with torch.device("meta"):
        net = random_net(backbone, SPEECH.data)
        logits = net.eval()(torch.zeros(2, 1, 160, 101))

    assert tuple(logits.shape) == (2, 30)
    assert sum(each.numel() for each in net.parameters()) == count
    (record,) = plan_spec(SPEECH, backbone, ["mixup(alpha=0.2,warmup_epochs=5)"], [0], "cpu").records
    assert record.trainings["model"].backbone == backbone


def test_lenet_is_its_definition_written_out() -> None:
    with library_randomness(stream(0, "initial weights")):
        net = build("lenet", SMALL).net.eval()
    images = torch.rand(3, 2, 18, 21, generator=torch.Generator().manual_seed(0))
    k1, b1, k2, b2, w3, b3, w4, b4 = (each.detach().double().numpy() for each in net.parameters())

    def by_hand(image: np.ndarray) -> np.ndarray:
        for kernels, bias in ((k1, b1), (k2, b2)):
            maps = np.concatenate([correlate(image, each, mode="valid") for each in kernels]) + bias[:, None, None]
            high, wide = maps.shape[1] // 2, maps.shape[2] // 2
            maps = maps[:, : 2 * high, : 2 * wide].reshape(len(maps), high, 2, wide, 2).max(axis=(2, 4))
            image = np.maximum(maps, 0)
        return w4 @ np.maximum(w3 @ image.ravel() + b3, 0) + b4

    assert w3.shape == (500, 50 * 1 * 2)
    with torch.no_grad():
        found = net(images).double().numpy()
    assert found == pytest.approx(np.stack([by_hand(each) for each in images.double().numpy()]), abs=1e-5)


@pytest.mark.parametrize("aug", ["erm", "mixup(alpha=0.2,warmup_epochs=5)", "cutmix", "manifold_mixup"])
def test_methods_that_need_no_residual_blocks_fit(aug: str) -> None:
    assert fits("lenet", aug, SMALL) is None


@pytest.mark.parametrize("aug", ["dropblock", "stochastic_depth", "shakedrop"])
def test_others_are_refused_in_one_line(aug: str) -> None:
    assert f"augmentation {aug!r}: needed" in str(fits("lenet", aug, SMALL))


def test_it_is_listed_and_says_what_it_takes() -> None:
    assert "lenet" in backbone_names()
    assert describe("lenet", SMALL)["lenet"] == {"size": [2, 18, 21], "maps": [20, 50], "units": 500}
    small: Data = load_suite("digits").data
    with pytest.raises(MixBenchError, match="backbone 'lenet': needed images of 16x16 or more, got 8x8"):
        build("lenet", small)
    with pytest.raises(MixBenchError, match="backbone 'lenet': needed one for tabular, got another; use mlp"):
        build("lenet", load_suite("iris").data)
