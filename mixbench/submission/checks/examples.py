"""The outcomes by themselves: each example's numbers must fit one another, the suite's draws and the other arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mixbench.submission.checks import draws
from mixbench.submission.checks.arrays import CONDITIONS
from mixbench.submission.checks.attacks import check_attacks
from mixbench.submission.checks.case import Case, Layout
from mixbench.submission.checks.probabilities import SLACK, check_probabilities, check_scaled
from mixbench.submission.checks.truth import TRUTH, labels_digest

Outcomes = Mapping[str, np.ndarray]
LOWEST_LOG = -1e9
"""Lower than any log-probability that a link of ours gives."""

CUDA_SLACK = 0.002
"""The share of predictions that may differ between two passes of one model on a GPU."""


def check_ranges(layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    """Values that nothing could be computed from."""
    classes, top = layout.data.classes, 1 + SLACK
    if outcomes["classes"] != classes:
        yield f"outcomes.classes: needed {classes}, got {int(outcomes['classes'])}"
    limits = {
        ("labels", "predicted", "given"): (0, classes - 1),
        (".rank",): (1, classes),
        (".confidence", ".squared_sum", ".test_error"): (0.0, top),
        (".log_probability",): (LOWEST_LOG, SLACK),
        (".gradient_norm",): (0.0, np.inf),
    }
    for name, values in outcomes.items():
        for endings, (low, high) in limits.items():
            if name.endswith(endings) and not low <= values.min() <= values.max() <= high:
                yield f"outcomes.{name}: needed {low:g} to {high:g}, got {values.min():g} to {values.max():g}"


def check_examples(case: Case, layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    """Everything that cannot be among values in their ranges."""
    yield from _check_labels(layout, outcomes)
    if not np.array_equal(outcomes["scaled.half"], draws.halves(layout.data.test_images, layout.data.name)):
        yield "outcomes.scaled.half: not the halves that the data set draws"
    for condition in CONDITIONS:
        yield from _check_ranks(condition, outcomes)
    yield from _check_probabilities(case, layout.data.classes, outcomes)
    yield from check_attacks(layout, outcomes, case.record.link == "softmax")
    yield from _check_between(layout, outcomes)
    if not case.external:
        yield from _check_noise(layout, outcomes)
        exact = case.record.provenance.device.startswith("cpu")
        for role in ("model", *layout.noises):
            yield from _check_history(role, outcomes, 0.0 if exact else CUDA_SLACK)


def _check_labels(layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    truth = TRUTH.get(layout.data.sha256 or "")
    for name, needed in zip(("labels", "model.given"), truth or (), strict=False):
        if name in outcomes and labels_digest(outcomes[name]) != needed:
            yield f"outcomes.{name}: not the labels of the data set {layout.data.name}"


def _check_ranks(condition: str, outcomes: Outcomes) -> Iterator[str]:
    right = outcomes[f"{condition}.predicted"] == outcomes["labels"]
    if (count := int((right != (outcomes[f"{condition}.rank"] == 1)).sum())) > 0:
        yield f"outcomes.{condition}.rank: not 1 exactly where the prediction is right, at {count} examples"


def _check_probabilities(case: Case, classes: int, outcomes: Outcomes) -> Iterator[str]:
    """A contributed method may have a link of its own, by its own name; what says softmax is held to it."""
    softmax = case.record.link == "softmax"
    if case.contributed and not softmax:
        return
    for condition in CONDITIONS:
        yield from check_probabilities(condition, classes, outcomes)
    yield from check_scaled(outcomes, classes, softmax)


def _check_between(layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    data = layout.data
    shares = np.broadcast_to(draws.cutmix_shares(data.height, data.width), outcomes["between.cutmix_lambda"].shape)
    for name, needed in (("lambda", draws.LAMBDAS), ("cutmix_lambda", shares)):
        if not np.allclose(outcomes[f"between.{name}"], needed, rtol=0, atol=1e-12):
            yield f"outcomes.between.{name}: not the battery's"
    labels = outcomes.get("model.given")
    if labels is not None:
        pairs = draws.pairs(labels.astype(np.int64), layout.battery.pairs, data.name)
        if not np.array_equal(outcomes["between.pairs"], pairs):
            yield "outcomes.between.pairs: not the pairs that the data set draws"
        else:
            yield from _check_ends(pairs, outcomes)


def _check_ends(pairs: np.ndarray, outcomes: Outcomes) -> Iterator[str]:
    """At λ 0 and 1 either mixer leaves a training image as it is, on which the model's prediction is known."""
    given = outcomes["model.given"][pairs]
    for place, side in ((0, 1), (-1, 0)):
        missed = (outcomes["model.train_predicted"][pairs[:, side], None] != given).all(axis=1)
        for name in ("miss_mixup", "miss_cutmix"):
            differ = (outcomes[f"between.{name}"][:, place] != missed).mean()
            if differ > CUDA_SLACK + 1 / len(pairs):
                yield f"outcomes.between.{name}: at λ {1 - side} not the training images' own, {differ:.1%} differ"


def _check_noise(layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    true, data = outcomes["model.given"], layout.data
    if outcomes["model.corrupted"].any():
        yield "outcomes.model.corrupted: needed none, since the model was trained on the true labels"
    for role, level in layout.noises.items():
        given = outcomes[f"{role}.given"]
        if level == "given":
            if not np.array_equal(outcomes[f"{role}.corrupted"], given != true):
                yield f"outcomes.{role}.corrupted: not the given labels that are wrong"
            continue
        mask, drawn = draws.corrupted(len(true), data.classes, level, data.name)
        if not np.array_equal(outcomes[f"{role}.corrupted"], mask):
            yield f"outcomes.{role}.corrupted: not the labels that the data set redraws"
        if not np.array_equal(given, np.where(mask, drawn, true)):
            yield f"outcomes.{role}.given: not the labels that the data set draws"


def _check_history(role: str, outcomes: Outcomes, slack: float) -> Iterator[str]:
    errors, labels = outcomes[f"{role}.test_error"], outcomes["labels"]
    if (
        errors.min() < 0
        or errors.max() > 1
        or np.abs(errors * len(labels) - np.rint(errors * len(labels))).max() > 1e-6
    ):
        yield f"outcomes.{role}.test_error: needed shares of {len(labels)} test images"
    last = (outcomes[f"{role}.test_predicted"] != labels).mean()
    if abs(errors[-1] - last) > slack + 1e-9:
        yield f"outcomes.{role}.test_error: {errors[-1]:g} after the last epoch, {last:g} by its predictions"
    if role == "model":
        differ = (outcomes["model.test_predicted"] != outcomes["clean.predicted"]).mean()
        if differ > CUDA_SLACK + 1 / len(labels):
            yield f"outcomes.clean.predicted: not the trained model's predictions, {differ:.1%} of them differ"
