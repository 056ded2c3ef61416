"""What a suite draws for everybody, as a record's outcomes have it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mixbench.results.array import Outcomes
from mixbench.results.shifts import condition
from mixbench.submission.checks import draws
from mixbench.submission.checks.case import Case, Layout
from mixbench.submission.checks.truth import APART, TRUTH, labels_digest


def check_draws(case: Case, layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    """Labels, halves, pairs, λ and noise, on which it rests that two records can be paired."""
    yield from _check_labels(layout, outcomes)
    if not np.array_equal(outcomes["scaled.half"], draws.halves(layout.data.test_images, layout.data.name)):
        yield "outcomes.scaled.half: not the halves that the data set draws"
    yield from _check_between(layout, outcomes)
    yield from _check_shifts(layout, outcomes)
    if not case.external:
        yield from _check_noise(layout, outcomes)


def _check_labels(layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    truth = TRUTH.get(layout.data.sha256 or "")
    for name, needed in zip(("labels", "model.given"), truth or (), strict=False):
        if name in outcomes and labels_digest(outcomes[name]) != needed:
            yield f"outcomes.{name}: not the labels of the data set {layout.data.name}"


def _check_shifts(layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    for shift in layout.shifts:
        bits = outcomes.get(name := f"{condition(shift.name)}.apart")
        if bits is None:
            continue
        by_class = np.isin(outcomes["labels"], shift.apart)
        needed = APART.get((layout.data.sha256 or "", shift.name, shift.alike))
        if not bits[by_class].all() or (not shift.alike and not np.array_equal(bits, by_class)):
            yield f"outcomes.{name}: not the classes that the suite counts apart"
        elif needed and labels_digest(bits) != needed:
            yield f"outcomes.{name}: not the images that the suite counts apart"


def _check_between(layout: Layout, outcomes: Outcomes) -> Iterator[str]:
    data = layout.data
    for name, needed in (("lambda", draws.LAMBDAS), ("cutmix_lambda", draws.cutmix_shares(data.height, data.width))):
        found = outcomes.get(f"between.{name}")
        if found is not None and not np.allclose(found, np.broadcast_to(needed, found.shape), rtol=0, atol=1e-12):
            yield f"outcomes.between.{name}: not the battery's"
    labels = outcomes.get("model.given")
    if labels is not None:
        pairs = draws.pairs(labels.astype(np.int64), layout.battery.pairs, data.name)
        if not np.array_equal(outcomes["between.pairs"], pairs):
            yield "outcomes.between.pairs: not the pairs that the data set draws"


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
