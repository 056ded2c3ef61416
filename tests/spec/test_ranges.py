"""Advice on images of another range, followed to the letter, gives the images."""

import pytest
import torch

from mixbench.spec.ranges import to_bytes, to_shares

PICTURE = torch.arange(256, dtype=torch.float32) / 255

MADE = {
    "bytes": (PICTURE * 255).round().byte(),
    "bytes as floats": PICTURE * 255,
    "double": PICTURE.double(),
    "half": PICTURE.half(),
    "sixteen bits": (PICTURE * 65535).round().int(),
    "overshot": torch.where(PICTURE == 1, 1.04, PICTURE),
}


@pytest.mark.parametrize("name", MADE)
def test_a_tensor_comes_back_into_the_unit_range(name):
    images = MADE[name]
    advice = to_shares(float(images.min()), float(images.max()), images.is_floating_point())
    found = eval(advice.removeprefix("convert them with "), {"images": images})
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, PICTURE, atol=3e-4, rtol=0)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-2.1, 2.6), (0.0, 1.6), (float("nan"), 1.0)])
def test_what_no_code_brings_back_gets_none(low, high):
    for advice in (to_shares(low, high, True), to_bytes(low, high, "f")):
        assert "them with" not in advice
        assert "save them as" not in advice
