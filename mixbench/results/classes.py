"""Errors by class, from the per-example outcomes beside records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from mixbench.results.outcomes import parse_outcomes, read_outcomes
from mixbench.results.record import Record
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain, shown
from mixbench.spec.suite import known_suites

CLEAN = "clean"


@dataclass(frozen=True)
class ByClass:
    """Test images of each true class by the class they were taken for, (K, K), summed over `records` of one test split.

    `wrong` (K,) counts errors, by the rank of the true class where that is kept, else by the prediction.
    """

    names: tuple[str, ...]
    confusion: Int[np.ndarray, "k k"]
    wrong: Int[np.ndarray, " k"]
    records: int

    @cached_property
    def images(self) -> Int[np.ndarray, " k"]:
        """Test images of each class, of one record."""
        return self.confusion.sum(axis=1) // self.records

    @cached_property
    def errors(self) -> Float[np.ndarray, " k"]:
        """The error of each class, a mean over records; NaN for one without test images."""
        counts = self.confusion.sum(axis=1)
        return np.where(counts > 0, self.wrong / np.maximum(counts, 1), np.nan)

    @property
    def error(self) -> float:
        """The share of all images that are wrong."""
        return float(self.wrong.sum() / self.confusion.sum())

    @property
    def balanced_error(self) -> float:
        """The mean of the classes' errors, each counting the same however many images it has."""
        return float(np.nanmean(self.errors))

    @property
    def worst(self) -> int:
        """The class with the highest error, the first where several have it."""
        return int(np.nanargmax(self.errors))

    def taken_for(self, label: int) -> tuple[int, int] | None:
        """Return the class that a class's images are most often wrongly taken for, and how often; None for none."""
        row = self.confusion[label].copy()
        row[label] = 0
        return (int(row.argmax()), int(row.max())) if row.any() else None


def outcomes_beside(record: Record, path: Path) -> dict[str, np.ndarray]:
    """Return the outcomes beside a record's file; MixBenchError where they are not those that the record names."""
    place = path.parent / record.outcomes.file
    content = read_outcomes(place)
    if hashlib.sha256(content).hexdigest() != record.outcomes.sha256:
        raise MixBenchError(f"outcomes {shown(place)}: needed those of {shown(path)}, got others; measure again")
    return parse_outcomes(place, content)


def class_names(record: Record) -> tuple[str, ...]:
    """Return what the classes of a record's suite are called: as it says, or its suite, else numbers."""
    data = record.settings.get("data")
    data = data if isinstance(data, dict) else {}
    names, suite = data.get("class_names"), known_suites().get(record.suite_digest)
    if isinstance(names, list) and names:
        return tuple(plain(str(name), 100) for name in names)
    return tuple(suite.data.names if suite else map(str, range(int(data.get("classes", 0)))))


def conditions(outcomes: Mapping[str, np.ndarray]) -> list[str]:
    """Return under what the test images were classified: clean, each attack, each training on noisy labels."""
    ends = (".predicted", ".test_predicted")
    return [name.removesuffix(end) for name in outcomes for end in ends if name.endswith(end) and name != f"model{end}"]


def by_class(outcomes: Sequence[Mapping[str, np.ndarray]], names: Sequence[str], under: str = CLEAN) -> ByClass:
    """Count records' test images by true class and prediction `under` a condition.

    MixBenchError for an unknown condition, records of different test images, and labels without a name.
    """
    known = conditions(outcomes[0])
    if under not in known:
        raise unknown("condition", under, known, f"the record has {', '.join(known)}")
    parts = [_counted(each, len(names), under) for each in outcomes]
    if any((part[0].sum(axis=1) != parts[0][0].sum(axis=1)).any() for part in parts):
        raise MixBenchError("classes: needed records of the same test images, got others; give those of one suite")
    confusion, wrong = (np.sum([part[place] for part in parts], axis=0) for place in (0, 1))
    return ByClass(tuple(names), confusion, wrong, len(parts))


def _counted(outcomes: Mapping[str, np.ndarray], classes: int, under: str) -> tuple[np.ndarray, np.ndarray]:
    labels = outcomes["labels"].astype(np.int64)
    found = outcomes.get(f"{under}.predicted", outcomes.get(f"{under}.test_predicted"))
    if found is None or found.shape != labels.shape:
        raise MixBenchError(f"classes: needed predictions under {under} in every record, got none; measure again")
    predicted = found.astype(np.int64)
    if not len(labels) or max(int(labels.max()), int(predicted.max())) >= classes:
        raise MixBenchError(f"classes: needed labels of {classes} classes, got others; measure again")
    ranks = outcomes.get(f"{under}.rank")
    wrong = predicted != labels if ranks is None else ranks > 1
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)
    return confusion, np.bincount(labels, wrong, classes).astype(np.int64)
