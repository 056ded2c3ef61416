"""The overall order of a group for the page."""

from __future__ import annotations

from typing import Any

from mixbench.board.rows import Group


def order_data(group: Group) -> dict[str, Any] | None:
    """Return the average ranks of the group's first rows, the critical difference and what it joins; None without."""
    order = group.order
    if order is None:
        return None
    return {
        "measures": list(order.measures),
        "average": [round(rank, 4) for rank in order.average],
        "difference": round(order.critical_difference, 4),
        "p": float(f"{order.p_value:.3g}"),
        "joined": [list(span) for span in order.joined],
    }
