"""Advice on images of another range, followed to the letter, gives the images."""

import pytest
import torch

from mixbench.spec.ranges import span, to_bytes, to_shares

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


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, 16383, "from 0 to 16383"),
        (-32768, 65535, "from -32768 to 65535"),
        (0, 4294967295, "from 0 to 4294967295"),
        (-2.1179039, 2.64, "from -2.1179 to 2.64"),
        (-0.0, 1, "from 0 to 1"),
        (1e-30, 1e30, "from 1e-30 to 1e+30"),
        (float("nan"), float("inf"), "from nan to inf"),
    ],
)
def test_a_range_is_said_in_plain_digits(low, high, said):
    assert span(float(low), float(high)) == said
