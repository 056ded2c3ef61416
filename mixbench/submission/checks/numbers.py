"""The readings by themselves: all there, in range, with intervals and counts that can be, in an order that can be."""

from __future__ import annotations

from collections.abc import Iterator

from mixbench.results.measures import ATTACKED, BY_NAME, MEASURES, NOISES, Measure, Over
from mixbench.results.readings import Reading
from mixbench.submission.checks.case import Case, Layout

TOP5_CLASSES = 5
SLACK = 1e-9
_CONDITIONS = ("clean", *ATTACKED)


def check_readings(case: Case) -> Iterator[str]:
    """Every measure that the suite's record must have, each a number that can be."""
    yield from _check_names(case)
    for name, reading in case.record.readings.items():
        if name in BY_NAME:
            yield from _check_range(BY_NAME[name], reading)
            yield from _check_interval(name, reading)
    yield from _check_orders(case.record.readings)
    if case.layout:
        yield from _check_counts(case.record.readings, case.layout)


def _check_names(case: Case) -> Iterator[str]:
    for name in case.record.readings.keys() - BY_NAME.keys():
        yield f"readings.{name}: unknown measure; 'mixbench list measures' shows them"
    few = case.layout is not None and case.layout.data.classes <= TOP5_CLASSES
    noises = case.layout.noises if case.layout and not case.external else {}
    for name in BY_NAME.keys() - case.record.readings.keys():
        needless = (few and ".top5" in name) or (name.startswith("noise") and name.partition(".")[0] not in noises)
        # Where no label of a small split was redrawn, or all were, an error on them is not defined.
        if not needless and BY_NAME[name].over is not Over.TRAIN and case.expects(BY_NAME[name]):
            yield f"readings.{name}: is missing"


def _check_range(measure: Measure, reading: Reading) -> Iterator[str]:
    low, high = measure.range
    limits = f"{low:g} or more" if high is None else f"{low:g} to {high:g}"
    for part, value in (("value", reading.value), ("low", reading.low), ("high", reading.high)):
        if value is not None and (value < low - SLACK or (high is not None and value > high + SLACK)):
            yield f"readings.{measure.name}.{part}: needed {limits}, got {value:g}"


def _check_interval(name: str, reading: Reading) -> Iterator[str]:
    low, high, place = reading.low, reading.high, f"readings.{name}"
    if name.endswith(".test_error_best"):
        if (low, high) != (None, None):
            yield f"{place}: needed no interval, since it was selected on the test split, got one"
    elif low is None or high is None:
        yield f"{place}: needed an interval, got null"
    elif low > high:
        yield f"{place}: the interval's low {low:g} is above its high {high:g}"
    # Resampling raises an expected calibration error, so its interval may lie above it.
    elif ".ece" not in name and not low - SLACK <= reading.value <= high + SLACK:
        yield f"{place}: the interval {low:g} to {high:g} does not hold the value {reading.value:g}"


def _check_orders(readings: dict[str, Reading]) -> Iterator[str]:
    pairs = [(f"{condition}.top5_error", f"{condition}.top1_error") for condition in _CONDITIONS]
    pairs += [(f"{noise}.test_error_best", f"{noise}.test_error_last") for noise in NOISES]
    for lower, upper in pairs:
        if lower in readings and upper in readings and readings[lower].value > readings[upper].value + SLACK:
            yield f"readings.{lower}: {readings[lower].value:g} cannot be above {upper}, {readings[upper].value:g}"


def _check_counts(readings: dict[str, Reading], layout: Layout) -> Iterator[str]:
    counts = {Over.TEST: layout.data.test_images, Over.PAIRS: layout.battery.pairs}
    for measure in MEASURES:
        if measure.name in readings and measure.over in counts:
            needed = counts[measure.over]
            if readings[measure.name].n != needed:
                yield f"readings.{measure.name}.n: needed {needed}, got {readings[measure.name].n}"
    for noise in NOISES:
        parts = [readings.get(f"{noise}.train_error_{part}") for part in ("real", "corrupted")]
        total = sum(part.n for part in parts if part)
        if any(parts) and total != layout.data.train_images:
            place = f"readings.{noise}.train_error_real.n"
            yield f"{place}: with those of corrupted needed {layout.data.train_images}, got {total}"
