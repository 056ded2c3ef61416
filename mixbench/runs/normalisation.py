"""Whether the normalisation that was assumed of weights from elsewhere can be theirs: asked of training images."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mixbench.data.split import DataSet
from mixbench.results.statistics import mcnemar
from mixbench.runs.jobs.examine import Weights
from mixbench.spec.errors import MixBenchError
from mixbench.spec.foreign import ASSUMED
from mixbench.spec.sections.data import Data
from mixbench.training.foreign import foreign_model
from mixbench.training.predict import as_logits

FEWEST, MOST = 64, 1024
"""Training images that are tried, fewer of larger ones."""

NUMBERS = 2**22
"""Pixels times channels that are tried, about; a few parts in a hundred of what the battery looks at."""

P_VALUE = 0.01


def check_normalisation(weights: Weights, backbone: str, section: Data, data: DataSet, device: str) -> None:
    """Refuse assumed normalisation with which the model errs significantly more often than with another usual one."""
    made = weights.made
    if made.normalisation_source != ASSUMED:
        return
    model = foreign_model(backbone, section, weights.path, made)[0].to(device)
    places = _spread(len(data.train), section)
    images, labels = data.train.pixels(places).to(device), data.train.labels[places].to(device)
    assumed = _wrong(model, images, labels, made.mean, made.std)
    others = {name: _wrong(model, images, labels, *values) for name, values in _usual(section).items()}
    best = min(others, key=lambda name: others[name].mean())
    if others[best].mean() < assumed.mean() and mcnemar(others[best], assumed) < P_VALUE:
        (mean, std), (asked_mean, asked_std) = _usual(section)[best], (made.mean, made.std)
        raise MixBenchError(
            f"weights {weights.path}: do not say how their images were normalised, and with timm's own"
            f" mean {_text(asked_mean)} and std {_text(asked_std)} they err on {assumed.mean():.1%} of {len(places)}"
            f" training images, with {best} on {others[best].mean():.1%}; give --mean and --std, such as"
            f" --mean {_text(mean)} --std {_text(std)}"
        )


def _spread(count: int, section: Data) -> Tensor:
    wanted = NUMBERS // (section.channels * section.height * section.width)
    return torch.linspace(0, count - 1, min(count, max(FEWEST, min(MOST, wanted)))).long()


def _usual(section: Data) -> dict[str, tuple[list[float], list[float]]]:
    many = section.channels
    return {
        "the suite's": (section.mean, section.std),
        "none": ([0.0] * many, [1.0] * many),
        "0.5 and 0.5": ([0.5] * many, [0.5] * many),
        "pixels from 0 to 255": ([0.0] * many, [1 / 255] * many),
    }


@torch.no_grad()
def _wrong(model: torch.nn.Module, images: Tensor, labels: Tensor, mean: list[float], std: list[float]) -> np.ndarray:
    for name, values in (("mean", mean), ("std", std)):
        buffer = model.get_buffer(name)
        buffer.copy_(torch.tensor(values, device=buffer.device).reshape(buffer.shape))
    return (as_logits(model(images)).argmax(1) != labels).cpu().numpy()


def _text(values: list[float]) -> str:
    same = values[:1] if len(set(values)) == 1 else values
    return ",".join(f"{value:.6g}" for value in same)
