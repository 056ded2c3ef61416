"""Pretrained weights: timm's own from the hub, or a .safetensors file's, with timm's normalisation and a new head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import safetensors.torch
import timm
from safetensors import SafetensorError
from timm.models import adapt_input_conv
from timm.models import load_pretrained as timm_load
from torch import Tensor, nn

from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections import Data, PretrainedFile


def load_pretrained(net: nn.Module, backbone: str, data: Data, source: bool | PretrainedFile) -> None:
    """Put pretrained weights into a timm model in place; a head for other classes keeps its random weights.

    Grey images take the sum of the first convolution's colour kernels, as in timm. MixBenchError where the weights
    cannot be had, are not the suite's or do not fit.
    """
    if isinstance(source, PretrainedFile):
        return _load_file(net, backbone, data, source)
    try:
        return timm_load(net, num_classes=data.classes, in_chans=data.channels)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise MixBenchError(
            f"backbone {backbone!r}: needed pretrained weights {_tag(backbone)} from the hub, got"
            f" {type(error).__name__} ({str(error).strip().partition(chr(10))[0][:120]}); without network put them here"
            " as .safetensors and name them by model.pretrained = { file, sha256 }, or 'suite new --weights FILE'"
        ) from None


def own_normalisation(backbone: str, data: Data) -> Data:
    """Return the data section with the mean and deviation that timm's weights were trained with.

    A number of channels other than theirs takes the mean over theirs.
    """
    config = _config(backbone)
    values = {"mean": list(config.mean), "std": list(config.std)}
    if data.channels != len(values["mean"]):
        values = {name: [sum(each) / len(each)] * data.channels for name, each in values.items()}
    return data.model_copy(update=values)


def describe_pretrained(backbone: str, source: bool | PretrainedFile) -> dict[str, Any]:
    """Say where pretrained weights came from, for records."""
    if isinstance(source, PretrainedFile):
        return {"sha256": source.sha256}
    return {"hub": _tag(backbone)}


def _config(backbone: str) -> Any:
    config = timm.get_pretrained_cfg(backbone)
    if config is None:
        raise MixBenchError(f"backbone {backbone!r}: timm has no pretrained weights for it; leave pretrained out")
    return config


def _tag(backbone: str) -> str:
    config = _config(backbone)
    return config.hf_hub_id or f"{config.architecture}.{config.tag}"


def _load_file(net: nn.Module, backbone: str, data: Data, source: PretrainedFile) -> None:
    path = Path(source.file)
    try:
        found = file_digest(path)
        if found != source.sha256:
            raise MixBenchError(f"weights {path}: needed sha256 {source.sha256}, got {found}; get the suite's file")
        tensors = safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise MixBenchError(f"weights {path}: needed a .safetensors file, got {error}; mend model.pretrained") from None
    config = _config(backbone)
    own = net.state_dict()
    fitted = _without_other_head(_adapted(tensors, config.first_conv, data.channels), config.classifier, own)
    _check_fit(path, fitted, own, _names(config.classifier))
    net.load_state_dict(fitted, strict=False)


def _names(modules: str | tuple[str, ...] | None) -> tuple[str, ...]:
    names = () if modules is None else (modules,) if isinstance(modules, str) else modules
    return tuple(f"{name}." for name in names)


def _adapted(tensors: dict[str, Tensor], first: str | tuple[str, ...] | None, channels: int) -> dict[str, Tensor]:
    changed = {name: value for name, value in tensors.items() if name in [f"{each}weight" for each in _names(first)]}
    return {**tensors, **{name: adapt_input_conv(channels, value) for name, value in changed.items()}}


def _without_other_head(
    tensors: dict[str, Tensor], head: str | tuple[str, ...] | None, own: dict[str, Tensor]
) -> dict[str, Tensor]:
    other = {
        name
        for name, value in tensors.items()
        if name.startswith(_names(head)) and (name not in own or own[name].shape != value.shape)
    }
    return {name: value for name, value in tensors.items() if name not in other}


def _check_fit(path: Path, tensors: dict[str, Tensor], own: dict[str, Tensor], head: tuple[str, ...]) -> None:
    for name in sorted(own.keys() | tensors.keys()):
        needed, got = (tuple(each[name].shape) if name in each else None for each in (own, tensors))
        if needed != got and not (got is None and name.startswith(head)):
            raise MixBenchError(
                f"weights {path}: needed {name} of shape {needed or 'none at all'}, got {got or 'none'};"
                " are they of the suite's backbone?"
            )
