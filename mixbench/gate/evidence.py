"""The per-example outcomes of a record for the gate, checked against its hash, its readings and its partner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from mixbench.gate.tolerances import GATED
from mixbench.results import arrays
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME, Direction
from mixbench.results.outcomes import parse_outcomes, read_outcomes, with_eps
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Evidence:
    """By measure, what each example contributes (N,), lower being better; of the worst class, whether it is an error.

    `basis` has the arrays that a partner on the same examples shares, the labels among them.
    """

    contributions: Mapping[str, np.ndarray]
    basis: Mapping[str, np.ndarray]


def evidence_of(found: Found) -> Evidence | None:
    """Return the evidence of a record, None where its outcomes are not beside it.

    Measures that are younger than the record are among it. MixBenchError where the outcomes are not the ones that the
    record speaks of, or do not give its readings.
    """
    path = found.path.parent / found.record.outcomes.file
    if not path.is_file():
        return None
    content = read_outcomes(path)
    if sha256(content).hexdigest() != found.record.outcomes.sha256:
        raise _contradiction(found, "outcomes of the SHA-256 that it states", "others")
    outcomes = with_eps(parse_outcomes(path, content), found.record.eps_curve)
    given = {name: contributed(name, outcomes) for name in GATED}
    for name in GATED:
        if name in found.record.readings:
            _check_reading(found, name, given[name], outcomes)
    basis = {each.name: outcomes[each.name] for each in arrays.ARRAYS if each.shared and each.name in outcomes}
    return Evidence({name: values for name, values in given.items() if values is not None}, basis)


def contributed(name: str, outcomes: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Return what each example contributes to a gated measure (N,), lower being better; None where it cannot be told.

    Of a measure that goes by class, whether the example is an error.
    """
    measure = BY_NAME[name]
    try:
        arrays.check_axes(outcomes)
        with np.errstate(all="ignore"):
            values = outcomes[f"{measure.by_class}.rank"] > 1 if measure.by_class else measure.contributions(outcomes)
    except (KeyError, ValueError, IndexError, TypeError):
        return None
    if not values.size or not np.isfinite(values).all():
        return None
    return -values.astype(np.float64) if measure.direction is Direction.CEILING else values


def value_of(name: str, values: np.ndarray, labels: np.ndarray) -> float:
    """Return the value of a gated measure from what examples contribute (N,)."""
    if BY_NAME[name].by_class:
        return float(class_means(values[None], labels).max())
    mean = float(values.mean(dtype=np.float64))
    return -mean if BY_NAME[name].direction is Direction.CEILING else mean


def class_means(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the means (S, K) of what examples contribute (S, N), by class."""
    return np.stack([values[:, labels == label].mean(axis=1) for label in np.unique(labels)], axis=1)


def _check_reading(found: Found, name: str, values: np.ndarray | None, outcomes: Mapping[str, np.ndarray]) -> None:
    reading = found.record.readings[name]
    if values is None or (BY_NAME[name].by_class and values.shape != outcomes["labels"].shape):
        raise _contradiction(found, f"outcomes that give {name}", "none")
    value, stated = value_of(name, values, outcomes["labels"]), reading.value
    stated = abs(stated) if BY_NAME[name].direction is Direction.ZERO else stated
    if values.shape != (reading.n,) or not abs(value - stated) <= _ROUNDING * max(1.0, abs(stated)):
        raise _contradiction(found, f"outcomes that give its {name} of {stated:g} over {reading.n}", f"{value:g}")


def check_counts(records: Sequence[Found], names: Iterable[str]) -> None:
    """Refuse, with a MixBenchError, readings over other numbers of examples, which need no outcomes to be seen."""
    for name in names:
        having = [found for found in records if name in found.record.readings]
        first, n = having[0], having[0].record.readings[name].n
        for found in having:
            if found.record.readings[name].n != n:
                raise _other_examples(first, found, f"{name} over {found.record.readings[name].n} instead of {n}")


def check_same_examples(baseline: Found, candidate: Found, first: Evidence, second: Evidence) -> None:
    """Refuse, with a MixBenchError, two records that were not measured on the same examples and labels."""
    differing = [
        name
        for one, other in ((first.basis, second.basis), (_sizes(first), _sizes(second)))
        for name in one
        if name in other and not np.array_equal(one[name], other[name])
    ]
    if differing:
        raise _other_examples(baseline, candidate, f"other {differing[0]}")


def _other_examples(baseline: Found, candidate: Found, got: str) -> MixBenchError:
    return MixBenchError(
        f"check: needed both records on the same examples, got {got} in {plain(str(candidate.path))}"
        f" against {plain(str(baseline.path))}; measure both with one version"
    )


def _sizes(evidence: Evidence) -> dict[str, tuple[int, ...]]:
    return {name: values.shape for name, values in evidence.contributions.items()}


def _contradiction(found: Found, needed: str, got: str) -> MixBenchError:
    return MixBenchError(
        f"record {plain(str(found.path))}: needed {needed}, got {got}; see mixbench validate, or measure again"
    )
