"""What a method says of itself, read from its class: for lists and documents."""

from __future__ import annotations

import typing
from typing import Any

from annotated_types import Ge, Gt, Interval, Le, Lt

from mixbench.augment.protocol import Augmentation, parameters_of
from mixbench.spec.grammar import write


def describe_method(method: type[Augmentation]) -> dict[str, Any]:
    """Return a method's name, summary, parameters with defaults and ranges, paper, and what it changes and claims."""
    hints = typing.get_type_hints(method, include_extras=True)
    return {
        "name": method.name,
        "parameters": [
            {
                "name": field.name,
                "default": getattr(method, field.name),
                "range": describe_range(hints[field.name]),
            }
            for field in parameters_of(method)
        ],
        "changes": list(method.changes),
        "claims": sorted(method.claims),
        "forward_passes": method().forward_passes,
        "paper": method.paper,
        "version": method.version,
        "summary": (method.__doc__ or "").strip().splitlines()[0],
    }


def describe_range(hint: Any) -> str:
    """Write the values that a parameter's type allows, such as '> 0' or 'all | same'."""
    if typing.get_origin(hint) is typing.Literal:
        return " | ".join(write(choice) for choice in typing.get_args(hint))
    if typing.get_origin(hint) is not typing.Annotated:
        return str(getattr(hint, "__name__", hint))
    base, *limits = typing.get_args(hint)
    bounds = [text for limit in limits for text in _bounds(limit)]
    return ", ".join([base.__name__, *bounds]) if base is int else ", ".join(bounds)


def _bounds(limit: Any) -> list[str]:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    if isinstance(limit, (Interval, Gt, Ge, Lt, Le)):
        return [
            f"{sign} {getattr(limit, name):g}" for name, sign in signs.items() if getattr(limit, name, None) is not None
        ]
    return []
