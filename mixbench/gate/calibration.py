"""A suite's calibration: how much the trainings of one method differ there, and the tolerances that follow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from scipy.special import nctdtrinc, stdtrit

from mixbench.gate.contrast import ALPHA, CAUGHT
from mixbench.results.record import Digest
from mixbench.spec.errors import MixBenchError, explain
from mixbench.spec.plain import plain
from mixbench.spec.strict import Strict

SHIPPED = Path(__file__).parent / "calibrations"
FOLDER = "calibration"
"""Beside a baseline's records, for suites of one's own."""

ENOUGH = 3
"""Trainings on each side that a tolerance is made for."""

MAX_BYTES = 4_000_000
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Noise(Strict):
    """What the training's chance does to one measure, as standard deviations of one training's mean.

    `same` counts between trainings of equal seeds, `other` between those of different ones; `rest` is an example's own,
    between trainings. `freedom` are the degrees of freedom of all three; `methods` has `same` and `other` of each
    method's own. In the measure's unit, of a measure with a relative tolerance as shares of its value.
    """

    same: NonNegative
    other: NonNegative
    rest: NonNegative
    freedom: NonNegative
    tolerance: NonNegative
    methods: dict[str, tuple[NonNegative, NonNegative]] = Field(default_factory=dict)


class Calibration(Strict):
    """Of one suite and backbone, from the `trainings` whose digests begin as named: `seeds` counts them by method.

    `prior` is d₀, the degrees of freedom of how unequal the methods' variances are; null for equal ones.
    """

    suite: str
    suite_digest: Digest
    backbone: str
    prior: NonNegative | None
    seeds: dict[str, int]
    trainings: list[str]
    measures: dict[str, Noise]

    def weight(self, noise: Noise) -> float:
        """Return the degrees of freedom that a pooled variance counts for where a method's own is not known."""
        return min(math.inf if self.prior is None else self.prior, noise.freedom)

    def variances(self, measure: str, method: str) -> tuple[float, float, float] | None:
        """Return a method's moderated variances of one training's mean, for equal and for different seeds.

        The third number has their degrees of freedom. A method that is not in it has the pooled ones with d₀. None for
        an unknown measure.
        """
        noise = self.measures.get(measure)
        if noise is None:
            return None
        weight, own = self.weight(noise), noise.methods.get(method)
        freedom = self.seeds.get(method, 1) - 1
        if own is None or math.isinf(weight) or weight + freedom <= 0:
            return noise.same**2, noise.other**2, weight
        same, other = (
            (weight * pooled**2 + freedom * mine**2) / (weight + freedom)
            for pooled, mine in zip((noise.same, noise.other), own, strict=True)
        )
        return same, other, min(weight + freedom, max(noise.freedom, freedom))

    def tolerance(self, measure: str, method: str, classes: int = 1) -> float | None:
        """Return a measure's tolerance for one method, in `classes` tests of it; None for an unknown measure.

        At least so much that a worsening by twice as much is called a regression nine times in ten by three trainings a
        side of different seeds, given how well the method's variance is known; for no method less than for a usual one.
        """
        noise, known = self.measures.get(measure), self.variances(measure, method)
        if noise is None or known is None:
            return None
        _, other, freedom = known
        freedom += 2 * (ENOUGH - 1)
        bound = stdtrit(freedom, 1 - ALPHA / (len(self.measures) * classes))
        # What shifts Student's t beyond the bound so often, with as little known of its denominator.
        needed = float(nctdtrinc(freedom, 1 - CAUGHT, bound))
        return max(noise.tolerance, rounded_up(needed * math.sqrt(2 * max(other, noise.other**2) / ENOUGH)))


def rounded_up(value: float) -> float:
    """Return a number above 0 rounded up to two digits, another as 0."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step - 1e-9) * step:.2g}")


def file_name(suite: str, backbone: str, suite_digest: str) -> str:
    """Return what the file of a calibration is called."""
    return f"{_UNUSUAL.sub('-', f'{suite}-{backbone}')[:150]}-{suite_digest[:8]}.json"


def calibration_for(baseline: Path, suite_digest: str, backbone: str) -> Calibration | None:
    """Return the calibration of a suite and backbone: the one beside the baseline, else the shipped one.

    None where there is neither. MixBenchError for a broken file.
    """
    for each in _candidates(baseline, suite_digest):
        if (each.suite_digest, each.backbone) == (suite_digest, backbone):
            return each
    return None


def home_of(baseline: Path) -> Path:
    """Return the folder where calibrations lie beside a baseline, be it a file or a folder."""
    return (baseline if baseline.is_dir() or baseline.suffix != ".json" else baseline.parent) / FOLDER


def _candidates(baseline: Path, suite_digest: str) -> Iterator[Calibration]:
    ending = f"-{suite_digest[:8]}.json"
    for folder in (home_of(baseline), SHIPPED):
        if folder.is_dir():
            yield from (read_calibration(path) for path in sorted(folder.glob("*.json")) if path.name.endswith(ending))


def read_calibration(path: Path) -> Calibration:
    """Read a calibration; MixBenchError where it is no whole one."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
        return Calibration.model_validate_json(content)
    except ValidationError as error:
        why = explain(error)
    except (OSError, ValueError) as error:
        why = str(error)
    raise MixBenchError(
        f"calibration {plain(str(path))}: needed one as 'mixbench check --calibrate' writes it, got {plain(why)};"
        " make it anew"
    )


def calibration_bytes(calibration: Calibration) -> bytes:
    """Return the bytes of a calibration's file; the same records give the same bytes."""
    listed = calibration.model_dump(mode="json")
    measures = listed.pop("measures")
    lines = [f"  {json.dumps(name)}: {json.dumps(each, ensure_ascii=False)}" for name, each in measures.items()]
    head = json.dumps(listed, ensure_ascii=False)[:-1]
    body = ",\n".join(lines)
    return f'{head}, "measures": {{\n{body}\n}}}}\n'.encode()
