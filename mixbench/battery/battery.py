"""The battery: a subject in, outcomes out. Reads aloud from top to bottom."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mixbench.battery.adversarial import black_box, diagnostics, eps_curves, white_box
from mixbench.battery.between import in_between
from mixbench.battery.subject import Subject, outcomes_of
from mixbench.battery.temperature import scaled_confidence
from mixbench.data.split import Split
from mixbench.results.attacks import CORE, attacks_in
from mixbench.results.record import BATTERY_VERSION
from mixbench.spec.sections import Battery
from mixbench.torch_state import evaluation_mode

__all__ = ["BATTERY_VERSION", "examine", "examine_group"]


def examine(
    subject: Subject,
    images: Float[Tensor, "n c h w"],
    labels: Int[Tensor, " n"],
    settings: Battery,
    name: str,
    transfer: dict[str, Tensor] | None = None,
    train: Split | None = None,
) -> dict[str, np.ndarray]:
    """Return the model-level outcomes on a test split, everything on the images' device.

    `name` is the data set's, for its streams; `transfer` are the surrogate's examples (none: no black box); `train`
    is the training split (none: nothing in between). MixBenchError for logits that are no numbers, AttackError for
    images or attacks that are unsound.
    """
    with evaluation_mode(subject.model), torch.no_grad():
        logits = subject.logits(images)
        outcomes = {
            "labels": labels.cpu().numpy(),
            "classes": np.array(logits.shape[1]),
            **{f"clean.{key}": values for key, values in outcomes_of(subject, logits, labels).items()},
            **scaled_confidence(subject, logits, labels, name),
            **white_box(subject, images, labels, settings.eps),
            **diagnostics(subject, images, labels, settings.eps),
        }
        outcomes |= eps_curves(subject, images, labels, settings.eps_curve, _known(outcomes, settings.eps))
        if transfer is not None:
            outcomes |= black_box(subject, transfer, labels)
        if train is not None:
            outcomes |= in_between(subject, train, settings.pairs, name, str(images.device))
    return outcomes


def examine_group(
    subject: Subject, images: Float[Tensor, "n c h w"], labels: Int[Tensor, " n"], settings: Battery, group: str
) -> dict[str, np.ndarray]:
    """Return the outcomes of an optional group of attacks on a test split; errors as of `examine`."""
    with evaluation_mode(subject.model), torch.no_grad():
        return white_box(subject, images, labels, settings.eps, group)


def _known(outcomes: dict[str, np.ndarray], eps: float) -> dict[str, dict[float, np.ndarray]]:
    """A curve's points that are measured already: no attack at all, and the reading's own ε."""
    clean = outcomes["clean.rank"] > 1
    return {row.name: {0.0: clean, eps: outcomes[f"{row.name}.white.rank"] > 1} for row in attacks_in(CORE)}
