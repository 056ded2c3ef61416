"""Where a function of one number is 0."""

from __future__ import annotations

from collections.abc import Callable

EPSILON = 2.0**-52


def root(function: Callable[[float], float], low: float, high: float, error: float = 1e-9) -> float:
    """Return where a continuous function with different signs at both ends is 0, to within an error.

    Chandrupatla, A new hybrid quadratic/bisection algorithm, 1997. scipy's takes longer to be imported than a board
    to be ranked.
    """
    a, b = low, high
    at_a, at_b, share = function(a), function(b), 0.5
    while True:
        place = a + share * (b - a)
        value = function(place)
        if (value > 0) == (at_a > 0):
            c, at_c = a, at_a
        else:
            c, at_c, b, at_b = b, at_b, a, at_a
        a, at_a = place, value
        best, least = (a, at_a) if abs(at_a) < abs(at_b) else (b, at_b)
        near = (2 * EPSILON * abs(best) + error / 2) / abs(b - a) if a != b else 1.0
        if least == 0 or near > 0.5:
            return best
        share = min(max(_share((a, at_a), (b, at_b), (c, at_c)), near), 1 - near)


Point = tuple[float, float]


def _share(a: Point, b: Point, c: Point) -> float:
    """How far from a to b to look next: by a parabola through the three where it bends one way, else the middle."""
    across, up = (a[0] - b[0]) / (c[0] - b[0]), (a[1] - b[1]) / (c[1] - b[1])
    if not (up**2 < across and (1 - up) ** 2 < 1 - across):
        return 0.5
    steep = (c[0] - a[0]) / (b[0] - a[0])
    return a[1] / (b[1] - a[1]) * c[1] / (b[1] - c[1]) + steep * a[1] / (c[1] - a[1]) * b[1] / (c[1] - b[1])
