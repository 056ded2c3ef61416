"""The battery: a subject in, outcomes out. Reads aloud from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from mixbench.battery.adversarial import black_box, diagnostics, eps_curves, group_outcomes, look, white_box
from mixbench.battery.between import in_between
from mixbench.battery.shifts import under_shift
from mixbench.battery.subject import Outcomes, Subject, joined, outcomes_of, wrong
from mixbench.battery.temperature import scaled_confidence
from mixbench.data.decoders import kept_decoders
from mixbench.data.shifted import Shifted
from mixbench.data.split import Split
from mixbench.results.attacks import CORE, attacks_in
from mixbench.results.record import BATTERY_VERSION
from mixbench.spec.sections.battery import Battery
from mixbench.torch_state import evaluation_mode
from mixbench.training.predict import examples_of

__all__ = ["BATTERY_VERSION", "examine", "examine_group"]

Transfer = Callable[[slice], dict[str, Tensor]]
"""Returns the surrogate's adversarial examples of a batch of test images by attack."""


def examine(
    subject: Subject,
    test: Split,
    settings: Battery,
    name: str,
    transfer: Transfer | None = None,
    train: Split | None = None,
    shifts: Mapping[str, Shifted] = MappingProxyType({}),
) -> Outcomes:
    """Return the model-level outcomes on a test split, everything on its labels' device and a batch at a time.

    `name` is the data set's, for its streams; `transfer` gives the surrogate's examples (none: no black box); `train`
    is the training split (none: nothing in between); `shifts` are the test images drawn otherwise, by name.
    MixBenchError for logits that are no numbers, AttackError for images or attacks that are unsound.
    """
    with evaluation_mode(subject.model), torch.no_grad(), kept_decoders():
        parts = [
            _examine_batch(subject, images, labels, settings, transfer(part) if transfer else {})
            for part, images, labels in examples_of(test)
        ]
        logits, labels = torch.cat([logits for logits, _ in parts]), test.labels
        outcomes = {
            "labels": labels.cpu().numpy(),
            "classes": np.array(logits.shape[1]),
            **{f"clean.{key}": values for key, values in outcomes_of(subject, logits, labels).items()},
            **scaled_confidence(subject, logits, labels, name),
            **joined([found for _, found in parts]),
        }
        if train is not None:
            outcomes |= in_between(subject, train, settings.pairs, name, str(labels.device))
        for shift, shifted in shifts.items():
            outcomes |= under_shift(subject, shift, shifted)
    return outcomes


def _examine_batch(
    subject: Subject, images: Tensor, labels: Tensor, settings: Battery, transfer: dict[str, Tensor]
) -> tuple[Tensor, Outcomes]:
    """Return the clean logits of a batch, and what attacks make of it."""
    logits = subject.logits(images)
    seen = look(subject.model, images, labels, subject.kind.bounds)
    outcomes = {**white_box(subject, seen, settings.eps), **diagnostics(subject, seen, settings.eps)}
    known = {
        row.name: {0.0: wrong(logits, labels), settings.eps: outcomes[f"{row.name}.white.rank"] > 1}
        for row in attacks_in(CORE)
    }
    outcomes |= eps_curves(subject, seen, settings.eps_curve, known)
    return logits, outcomes | black_box(subject, transfer, labels)


def examine_group(subject: Subject, test: Split, settings: Battery, group: str) -> Outcomes:
    """Return the outcomes of an optional group of attacks on a test split; errors as of `examine`."""
    with evaluation_mode(subject.model), torch.no_grad():
        return group_outcomes(subject, test, settings.eps, group)
