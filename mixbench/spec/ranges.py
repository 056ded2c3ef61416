"""Code to propose for images of another type or range: what brings their values where they are needed, if anything can.

Advice that is followed to the letter must keep the picture, so it goes by the values, never by the type alone.
"""

from __future__ import annotations

import math

OVERSHOOT = 0.1
"""Floats so little outside [0, 1] were resized there; others outside it and under 2 were normalised."""


def span(low: float, high: float) -> str:
    """Write from where to where values go, in plain digits: whole numbers whole, others to four places or digits."""
    return f"from {_digits(low)} to {_digits(high)}"


def _digits(value: float) -> str:
    if not math.isfinite(value) or (value and not 1e-4 <= abs(value) < 1e15):
        return f"{value:.4g}"
    # Adding 0 turns -0.0 into 0.0.
    return f"{value + 0.0:.4f}".rstrip("0").rstrip(".")


def to_bytes(low: float, high: float, kind: str) -> str:
    """Return how to save values x from `low` to `high` as uint8 from 0 to 255; `kind` as NumPy's: b, i, u or f.

    Whole numbers above 255 are taken for as many bits as the highest needs.
    """
    match _range_of(low, high, kind == "f"):
        case "none":
            return "mend what is no number in them"
        case "normalised":
            return "save the 8-bit images that they were made from"
        case "shares":
            if kind != "f":
                return "save them as x.astype('uint8') * 255"
            return f"save them as ({'x' if low >= 0 and high <= 1 else 'x.clip(0, 1)'} * 255).round().astype('uint8')"
        case "bytes":
            return f"save them as x{'.round()' if kind == 'f' else ''}.astype('uint8')"
    most = _most(high)
    return f"save them as (x / {most} * 255).round().astype('uint8'), where {most} is white"


def to_shares(low: float, high: float, is_float: bool) -> str:
    """Return how to make float32 in [0, 1] of a tensor of `images` from `low` to `high`."""
    match _range_of(low, high, is_float):
        case "none":
            return "mend what is no number in them"
        case "normalised":
            return "give the images from before normalisation, and normalise inside the model"
        case "shares":
            return f"convert them with images{'' if low >= 0 and high <= 1 else '.clamp(0, 1)'}.float()"
    return f"convert them with images.float() / {_most(high)}"


def _range_of(low: float, high: float, is_float: bool) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return "none"
    if low >= -OVERSHOOT * is_float and high <= 1 + OVERSHOOT * is_float:
        return "shares"
    if low < 0 or (is_float and high < 2):
        return "normalised"
    return "bytes" if high <= 255 else "more"


def _most(high: float) -> int:
    return 2 ** max(8, math.ceil(math.log2(high + 1))) - 1
