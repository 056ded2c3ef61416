"""Folders of pictures of many sizes, and a suite that trains on them in seconds."""

from __future__ import annotations

from pathlib import Path

from pictures import noise, write

from mixbench.data.survey import examine
from mixbench.spec.sections.data import Data
from mixbench.spec.suite import Suite, parse_suite

SUITE = """
name = "pets"
version = 1
backbone = "test_resnet"

[data]
{data}

[transform]
crop_padding = {padding}
flip = true
{crop}

[training]
epochs = 2
batch_size = 7
precision = "float32"
threads = 1
optimizer = {{ name = "sgd", learning_rate = 0.05, momentum = 0.9, nesterov = false, weight_decay = 1e-4 }}
schedule = {{ name = "linear", warmup_epochs = 0, warmup_start = 0.1 }}

[battery]
eps = 0.1
eps_curve = [0.1]
pairs = 6
"""
CROP = "random_resized_crop = { scale = [0.08, 1.0], ratio = [0.75, 1.3333333333333333] }"


def write_pets(root: Path, each: int = 8, parts: tuple[str, ...] = ("train", "test"), suffix: str = ".png") -> Path:
    """Write `each` pictures of cats and of dogs below each part, every one of another size."""
    seed = 0
    for part in parts:
        for name in ("cat", "dog"):
            for place in range(each):
                seed += 1
                write(root / part / name / f"{place}{suffix}", noise(seed, 9 + seed % 7, 10 + seed % 5))
    return root


def pets(root: Path, side: int = 8, padding: int = 0, **data: object) -> Suite:
    """Return a suite of the pictures at `root`, `data` laid over what a survey finds of them."""
    draft = {"name": "pets", "path": str(root), "height": side, "width": side, **data}
    found = {**examine(draft).section, **{key: value for key, value in data.items() if value is not None}}
    lines = "\n".join(f"{key} = {_toml(value)}" for key, value in found.items())
    crop = CROP if {"stored", "whole"} & data.keys() else ""
    return parse_suite(SUITE.format(data=lines, padding=padding, crop=crop), root / "pets.toml")


def section(suite: Suite, **changes: object) -> Data:
    """Return the suite's data, changed."""
    return Data.model_validate({**suite.written["data"], **changes})


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).replace("'", '"')
