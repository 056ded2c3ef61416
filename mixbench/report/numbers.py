"""Numbers as people read them in the terminal."""

from __future__ import annotations

from mixbench.results.measures import Measure
from mixbench.results.readings import Reading
from mixbench.spec.grammar import Value, write

_BYTE = 255
_LONG = 6
"""Characters up to which a number stays as it is, such as 0.2."""


def eps_text(eps: float) -> str:
    """Write an attack's radius, as 8/255 where it is a whole number of pixel steps."""
    steps = round(eps * _BYTE)
    whole = 0 < steps < _BYTE and abs(eps * _BYTE - steps) < 1e-9
    if len(str(eps)) <= _LONG:
        return str(eps)
    return f"{steps}/{_BYTE}" if whole else f"{eps:g}"


def number(measure: Measure, value: float, sign: str = "") -> str:
    """Write a measure's value: percent for fractions."""
    scaled = value * 100 if measure.unit == "fraction" else value
    digits = 1 if measure.unit == "fraction" or abs(scaled) >= 10 else 2 if abs(scaled) >= 1 else 3
    # What rounds to 0 has no sign: -0 and 0 add up to 0.
    return f"{round(scaled, digits) + 0.0:{sign}.{digits}f}"


def with_interval(measure: Measure, reading: Reading) -> tuple[str, str]:
    """Write a reading with its interval, so that values of a column stand under one another, and without."""
    value = number(measure, reading.value)
    if reading.low is None or reading.high is None:
        return f"{value}{'':14}", value
    interval = f"[{number(measure, reading.low)}, {number(measure, reading.high)}]"
    return f"{value} {interval:>13}", value


def short(value: Value) -> str:
    """Write a parameter's value in few characters: 8/255 for a whole number of pixel steps, else six digits."""
    if isinstance(value, tuple):
        return f"[{','.join(map(short, value))}]"
    return eps_text(value) if isinstance(value, float) else write(value)


def size(count: float) -> str:
    """Write a number of bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def big(count: float) -> str:
    """Write a large number with the prefix of its thousands: 3.3 G."""
    for prefix in ("", "k", "M", "G", "T", "P", "E"):
        if count < 1000:
            return f"{count:.3g} {prefix}"
        count /= 1000
    return f"{count:,.3g} Z"


def hours(seconds: float) -> str:
    """Write a time in the unit that people plan in: 95 s, 12 min, 3.4 h, 12 days."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.0f} s"
