"""What a method says of itself, read from its class: for lists and documents."""

from __future__ import annotations

import operator
import types
import typing
from dataclasses import asdict
from typing import Any

from annotated_types import Ge, Gt, Interval, Le, Lt

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, parameters_of
from mixbench.augment.table import METHODS
from mixbench.augment.traits import Claim
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
        "origin": described_origin(method.origin) if method.origin else None,
        "summary": (method.__doc__ or "").strip().splitlines()[0],
    }


def described_origin(origin: Origin) -> dict[str, Any]:
    """Return an origin's fields, with its citation and BibTeX, as JSON takes them."""
    return {**asdict(origin), "citation": origin.citation, "bibtex": origin.bibtex}


def rivals(method: type[Augmentation]) -> list[str]:
    """Return the methods that do not combine with a method under '+' at their defaults."""
    return [other.name for other in METHODS if other is not method and _clash(method(), other())]


def _clash(one: Augmentation, other: Augmentation) -> bool:
    sparse = [Claim.SPARSE_TARGETS in each.claims for each in (one, other)]
    dense = [each.dense_targets for each in (other, one)]
    return bool(one.claims & other.claims) or any(map(operator.and_, sparse, dense))


def describe_range(hint: Any) -> str:
    """Write the values that a parameter's type allows, such as '> 0' or 'all | same'."""
    if typing.get_origin(hint) is typing.Literal:
        return " | ".join(write(choice) for choice in typing.get_args(hint))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(map(describe_range, typing.get_args(hint)))
    if typing.get_origin(hint) is not typing.Annotated:
        return str(getattr(hint, "__name__", hint))
    base, *limits = typing.get_args(hint)
    if typing.get_origin(base) is tuple:
        return f"a list of {describe_range(typing.get_args(base)[0])}"
    bounds = [text for limit in limits for text in _bounds(limit)]
    return ", ".join([base.__name__, *bounds]) if base is int else ", ".join(bounds)


def _bounds(limit: Any) -> list[str]:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    if isinstance(limit, (Interval, Gt, Ge, Lt, Le)):
        known = {sign: getattr(limit, name, None) for name, sign in signs.items()}
        return [f"{sign} {value:,.15g}" for sign, value in known.items() if value is not None]
    return []
