"""The model-level battery for any torch module, in Python."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from mixbench.battery.adversarial import transfer_examples
from mixbench.battery.battery import Transfer, examine, examine_group
from mixbench.battery.behaviour import behaviour
from mixbench.battery.inputs import as_eps, as_examples, as_model
from mixbench.battery.subject import Subject, softmax_link
from mixbench.data.split import Split, held
from mixbench.results.arrays import compact
from mixbench.results.attacks import check_groups
from mixbench.results.curves import curves_of
from mixbench.results.flags import flags_of
from mixbench.results.measures import read
from mixbench.results.outcomes import with_eps
from mixbench.results.shown import Readings, readings_frame, summary, summary_html
from mixbench.runs.work import device_name
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError, explain
from mixbench.spec.sections.battery import Battery
from mixbench.torch_state import evaluation_mode
from mixbench.training.predict import logits_of

if TYPE_CHECKING:
    import pandas as pd

TINY = 1e-12


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What a record holds of a model: readings by measure, curves, flags and per-example outcomes.

    `about` says on what and how it was measured, for `save`.
    """

    readings: Readings
    curves: dict[str, dict[str, list[float]]]
    flags: list[str]
    outcomes: dict[str, np.ndarray]
    about: dict[str, Any] = field(default_factory=dict)

    def frame(self) -> pd.DataFrame:
        """Return a row a measure: value, low, high and n, as `mixbench list measures` explains them."""
        return readings_frame(self.readings)

    def save(self, folder: str | os.PathLike[str], name: str = "model", seed: int | None = None) -> Path:
        """Write a record with its outcomes into a folder, for `mixbench check` and `compare`, and return its path.

        `name` says which model it is and `seed` with which seed it was trained; evaluations of the same images with the
        same settings are of one suite. MixBenchError where it cannot be written.
        """
        from mixbench.runs.saving import save

        return save(self, Path(folder), name, seed)

    def __repr__(self) -> str:
        return summary("Evaluation", self.readings, self.flags)

    def _repr_html_(self) -> str:
        return summary_html("Evaluation", self.readings, self.flags)


def evaluate(
    model: nn.Module | Callable[[Tensor], Tensor],
    images: Tensor | np.ndarray | Iterable[Any],
    labels: Tensor | np.ndarray | Sequence[int] | None = None,
    *,
    eps: float = 4 / 255,
    eps_curve: Sequence[float] | None = None,
    surrogate: nn.Module | Callable[[Tensor], Tensor] | None = None,
    train: tuple[Any, Any] | Iterable[Any] | None = None,
    pairs: int = 500,
    log_probabilities: Callable[[Tensor], Tensor] = softmax_link,
    also: Sequence[str] = (),
) -> Evaluation:
    """Run the model-level battery on any torch module, or function, from pixels to logits, normalisation inside it.

    images (N, C, H, W) in [0, 1] and true labels (N,), as tensors, arrays or lists, or a loader of both in place of
    images; ε in pixels. Black-box measures come with a `surrogate`, in-between ones with training images and labels,
    those of an optional group where it is named in `also`. The model's modes are left as they were. A model that is no
    fixed function of one image gets a flag. MixBenchError for labels, pixels or logits that are out of bounds, unknown
    groups, and a model whose numbers would be wrong.
    """
    subject = Subject(as_model("model", model), log_probabilities)
    other = None if surrogate is None else as_model("surrogate", surrogate)
    settings, groups = _settings(eps, eps_curve, pairs), check_groups(also)
    with torch.inference_mode(False):
        # Tensors made under inference mode have no gradients; copies made outside it do.
        found = as_examples("images", images, labels)
        test = _split(_device(subject.model, found[0]), *found)
        split = None if train is None else _train_split(test, train)
        return _evaluate(subject, test, settings, other, split, groups)


def _evaluate(
    subject: Subject,
    test: Split,
    settings: Battery,
    surrogate: nn.Module | None,
    split: Split | None,
    groups: Sequence[str],
) -> Evaluation:
    images, labels = held(test), test.labels
    flags = behaviour(subject, images)
    if surrogate is not None:
        behaviour(Subject(surrogate), images)
    _check_classes("model", subject.model, images, labels)
    if split is not None:
        _check_classes("model", subject.model, held(split), split.labels)
    if surrogate is not None:
        _check_classes("surrogate", surrogate, images, labels)
    found = examine(subject, test, settings, "evaluate", _transfer(surrogate, test, settings.eps), split)
    for group in groups:
        found |= examine_group(subject, test, settings, group)
    outcomes = compact(found)
    about = {
        "settings": settings.model_dump(mode="json"),
        "model": type(subject.model).__name__,
        "data": _data(images, outcomes),
        "sha256": digest([_sha256(each) for each in (images, labels, *((held(split), split.labels) if split else ()))]),
        "groups": list(groups),
        "device": device_name(images.device.type),
        "link": "softmax" if subject.log_probabilities is softmax_link else "own",
    }
    curves = curves_of(outcomes, settings.eps_curve)
    return Evaluation(
        Readings(read(with_eps(outcomes, settings.eps_curve))), curves, [*flags_of(outcomes), *flags], outcomes, about
    )


def _transfer(surrogate: nn.Module | None, test: Split, eps: float) -> Transfer | None:
    if surrogate is None:
        return None
    return lambda part: transfer_examples(surrogate, test.pixels(part), test.labels[part], eps)


def _settings(eps: object, eps_curve: Sequence[object] | None, pairs: object) -> Battery:
    one = as_eps("eps", eps, TINY)
    if eps_curve is None:
        curve = [0.0, one / 2, one, min(2 * one, 1.0)]
    elif isinstance(eps_curve, (str, int, float)):
        raise MixBenchError(f"eps_curve: needed a list of ε, got {eps_curve!r}; give [{eps_curve}]")
    else:
        curve = [as_eps("eps_curve", each, 0.0) for each in eps_curve]
    try:
        return Battery.model_validate({"eps": one, "eps_curve": curve, "pairs": pairs})
    except ValidationError as error:
        raise MixBenchError(f"evaluate: {explain(error)}") from None


def _device(model: nn.Module, like: Tensor) -> torch.device:
    return next((each.device for each in model.parameters()), like.device)


def _data(images: Tensor, outcomes: dict[str, np.ndarray]) -> dict[str, int]:
    channels, height, width = images.shape[1:]
    return {"classes": int(outcomes["classes"]), "channels": channels, "height": height, "width": width}


def _sha256(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.cpu().contiguous().numpy().tobytes()).hexdigest()


def _check_classes(name: str, model: nn.Module, images: Tensor, labels: Tensor) -> None:
    with evaluation_mode(model):
        classes = logits_of(model, images[:1]).shape[1]
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise MixBenchError(
            f"labels: needed 0 to {classes - 1}, the {name}'s classes, got {int(labels.min())} to {int(labels.max())}"
        )


def _split(device: torch.device, images: Tensor, labels: Tensor) -> Split:
    return Split(images.clone().to(device), labels.clone().to(device), white=1)


def _train_split(test: Split, train: Any) -> Split:
    both = isinstance(train, (tuple, list)) and len(train) == 2
    images, labels = as_examples("training images", *(train if both else (train, None)))
    if images.shape[1:] != test.images.shape[1:]:
        raise MixBenchError(
            f"training images: needed shape {tuple(test.images.shape[1:])} each, got {tuple(images.shape[1:])};"
            " resize them"
        )
    return _split(test.labels.device, images, labels)
