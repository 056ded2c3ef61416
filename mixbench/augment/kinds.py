"""Which methods make sense on which kind of data, by what each says of itself."""

from __future__ import annotations

from collections.abc import Iterator

from mixbench.augment.compose import Choice, Composition
from mixbench.augment.protocol import Augmentation
from mixbench.augment.table import BY_NAME
from mixbench.spec.errors import MixBenchError


def check_kind(augmentation: Augmentation, kind: str) -> None:
    """MixBenchError where a method of an augmentation makes no sense on data of a kind."""
    for part in _methods(augmentation):
        if kind not in part.kinds:
            fitting = ", ".join(name for name, each in BY_NAME.items() if kind in each.kinds)
            raise MixBenchError(
                f"augmentation {part.name!r}: needed {' or '.join(part.kinds)}, got {kind} data, on which it makes no"
                f" sense; use one of {fitting}"
            )


def _methods(augmentation: Augmentation) -> Iterator[Augmentation]:
    inner = {Composition: "parts", Choice: "options"}.get(type(augmentation))
    if inner is None:
        yield augmentation
        return
    for each in getattr(augmentation, inner):
        yield from _methods(each)
