"""Why a file's weights do not fit a model: each cause has its own sentence."""

from __future__ import annotations

from collections import Counter

import timm
from torch import Tensor, nn

from mixbench.spec.plain import plain
from mixbench.spec.sections.data import Data
from mixbench.training.tensors import Shape, shapes, without_prefix

Difference = tuple[Shape | None, Shape | None]
"""The shape that is needed and the one that was got; None where there is none."""


def differences(net: nn.Module, tensors: dict[str, Tensor]) -> dict[str, Difference]:
    """Return what of a model's tensors a file has otherwise, by name; what only counts batches is passed over."""
    own = net.state_dict()
    needed, got = shapes(own), shapes(without_prefix(tensors, own))
    names = [*needed, *(name for name in sorted(got) if name not in needed)]
    return {name: (needed.get(name), got.get(name)) for name in names if needed.get(name) != got.get(name)}


def misfit(apart: dict[str, Difference], tensors: dict[str, Tensor], net: nn.Module, backbone: str, data: Data) -> str:
    """Say in a sentence why tensors that differ from a model's so do not fit, and what to do."""
    needed = shapes(net.state_dict())
    return (
        _prefix(tensors, needed)
        or _statistics(apart)
        or _sizes(apart, backbone, data)
        or _another(apart, needed, backbone)
    )


def _prefix(tensors: dict[str, Tensor], needed: dict[str, Shape]) -> str | None:
    """Some of the names begin with what all of the model's would have to."""
    prefixes = Counter(name[: -len(want)] for name in tensors for want in _ends(name) if want in needed)
    prefixes.pop("", None)
    if not prefixes:
        return None
    prefix, count = prefixes.most_common(1)[0]
    if count < len(needed):
        return None
    others = [name for name in tensors if not name.startswith(prefix)]
    beside = f" beside others such as {plain(others[0])}" if others else ""
    return (
        f"needed names such as {next(iter(needed))}, got them behind {plain(prefix)!r}{beside}; save the part's own"
        f" state_dict() alone, such as model.{plain(prefix)}state_dict()"
    )


def _ends(name: str) -> list[str]:
    """A name without its first part, its first two and so on."""
    parts = name.split(".")
    return [".".join(parts[start:]) for start in range(1, len(parts))]


def _statistics(apart: dict[str, Difference]) -> str | None:
    lacking = [name for name, (_, got) in apart.items() if got is None]
    if len(lacking) < len(apart) or not all(name.endswith(("running_mean", "running_var")) for name in lacking):
        return None
    return (
        f"needed the batch-norm statistics that evaluation reads, such as {lacking[0]}, got none; save the whole"
        " state_dict(), buffers too"
    )


def _sizes(apart: dict[str, Difference], backbone: str, data: Data) -> str | None:
    """Another number of classes or channels, or another image size."""
    config = timm.get_pretrained_cfg(backbone)
    heads, firsts = _modules(config and config.classifier), _modules(config and config.first_conv)
    causes: list[str] = []
    for name, (needed, got) in apart.items():
        if not needed or not got or len(needed) != len(got):
            return None
        if name.startswith(heads) and needed[1:] == got[1:]:
            causes.append(f"{data.classes} classes, got {got[0]}")
        elif name.startswith(firsts) and len(needed) == 4 and needed[2:] == got[2:] and needed[0] == got[0]:
            causes.append(f"{data.channels} channels, got {got[1]}")
        elif "pos_embed" in name or "rel_pos" in name or "relative_position" in name:
            causes.append(f"positions for images of {data.height}x{data.width}, got {name} for another size")
        else:
            return None
    return f"needed {' and '.join(dict.fromkeys(causes))}; the suite's images and the weights' are not of one kind"


def _modules(names: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return tuple(f"{name}." for name in ((names,) if isinstance(names, str) else names or ()))


def _another(apart: dict[str, Difference], needed: dict[str, Shape], backbone: str) -> str:
    name, (want, got) = next(iter(apart.items()))
    fitting = len([each for each in needed if each not in apart])
    said = f"needed {plain(name)} of shape {want}, got {got or 'none'}" if want else f"needed no {plain(name)}, got one"
    if fitting:
        return (
            f"{said}; {fitting} of {len(needed)} tensors fit {backbone}, the others are those of a changed model or of"
            " another: give its own name by --model, or measure it by mixbench.evaluate"
        )
    return f"{said}; nothing in them is of {backbone}: give the backbone they were trained with by --model"
