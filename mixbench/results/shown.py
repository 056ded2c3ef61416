"""Readings for whoever works with them in Python: why one is missing, as a table, in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from mixbench.results.readings import Reading
from mixbench.spec.errors import MixBenchError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

FEW = 7
"""Measures that a summary shows: headline ones first."""


class MissingReading(MixBenchError, KeyError):
    """A measure that is not among the readings."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class Readings(dict[str, Reading]):
    """Readings by measure; one that is missing is a KeyError that says why."""

    def __missing__(self, name: object) -> Reading:
        raise MissingReading(f"readings: {_why(str(name), self)}")


def _why(name: str, there: Mapping[str, Reading]) -> str:
    from mixbench.results.measures import BY_NAME

    if name not in BY_NAME:
        return f"unknown measure {name!r}; 'mixbench list measures' shows them.{did_you_mean(name, BY_NAME)}"
    first = name.split(".")[0]
    if name.endswith("top5_error") and name.replace("top5", "top1") in there:
        return f"{name} is read only where there are more than 5 classes"
    if ".black." in name:
        return f"{name} needs a surrogate, whose examples are tried; none was given"
    if first == "between":
        return f"{name} needs training images, between which it looks; none were given"
    if first.startswith("noise"):
        return f"{name} needs a training on wrong labels, which only 'mixbench eval --aug' makes"
    return f"{name} was not measured here; there are {', '.join(sorted(there)) or 'none'}"


def readings_frame(readings: Mapping[str, Reading]) -> pd.DataFrame:
    """Return a row a measure in the table's order: value, low, high, n; missing bounds are NaN."""
    import pandas as pd

    from mixbench.results.measures import MEASURES

    names = [measure.name for measure in MEASURES if measure.name in readings]
    rows = [(readings[name].value, readings[name].low, readings[name].high, readings[name].n) for name in names]
    index = pd.Index(names, name="measure")
    made = pd.DataFrame(rows, index=index, columns=["value", "low", "high", "n"])
    return made.astype({"value": float, "low": float, "high": float})


def summary(title: str, readings: Mapping[str, Reading], flags: Sequence[str]) -> str:
    """Say in a few lines what was measured: the headline measures, how many more, and the flags' names."""
    lines = [f"{name:<28} {text}" for name, text in _headline(readings)]
    return "\n".join([title, *(f"  {line}" for line in lines), f"  {_rest(readings, flags)}"])


def summary_html(title: str, readings: Mapping[str, Reading], flags: Sequence[str]) -> str:
    """Say the same as a small HTML table."""
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{escape(text)}</td></tr>" for name, text in _headline(readings))
    return f"<table><caption>{escape(title)}</caption>{cells}</table><p>{escape(_rest(readings, flags))}</p>"


def _headline(readings: Mapping[str, Reading]) -> list[tuple[str, str]]:
    from mixbench.results.measures import MEASURES

    there = [measure for measure in MEASURES if measure.name in readings]
    first = [measure for measure in there if measure.headline] or there
    return [(measure.name, _text(readings[measure.name], measure.unit == "fraction")) for measure in first[:FEW]]


def _text(reading: Reading, share: bool) -> str:
    scale, digits, unit = (100, 1, " %") if share else (1, 3, "")
    bounds = (
        ""
        if reading.low is None or reading.high is None
        else f" [{reading.low * scale:.{digits}f}, {reading.high * scale:.{digits}f}]"
    )
    return f"{reading.value * scale:.{digits}f}{bounds}{unit}"


def _rest(readings: Mapping[str, Reading], flags: Sequence[str]) -> str:
    named = ", ".join(dict.fromkeys(flag.partition(":")[0] for flag in flags)) or "none"
    return f"{len(readings)} readings in all: .frame(); flags: {named}"
