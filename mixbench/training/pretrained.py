"""Pretrained weights: timm's own from the hub, or a .safetensors file's, with timm's normalisation and a new head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import timm
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import PretrainedFile
from mixbench.training.hub import check_hub
from mixbench.training.tensors import first_line, read_tensors, shapes, without_prefix

SAFE = {None: "model.safetensors", "open_clip_pytorch_model.bin": "open_clip_model.safetensors"}
"""The file for the name that timm has; timm prefers it too, but goes on to a pickled one where there is none."""

# What timm's conversions of weights raise where the weights are another model's.
_MISFIT = (RuntimeError, KeyError, ValueError, IndexError, AttributeError, TypeError, AssertionError)


def tagged(backbone: str) -> str:
    """Return a backbone's name with the tag of its pretrained weights, such as resnet18.a1_in1k.

    MixBenchError for an unknown backbone, or one that timm has no weights for.
    """
    if not timm.is_model(backbone):
        raise unknown("backbone", backbone, timm.list_models(), "'mixbench list models' shows timm's")
    tag = _config(backbone).tag
    return backbone if "." in backbone or not tag else f"{backbone}.{tag}"


def load_pretrained(net: nn.Module, backbone: str, arguments: dict[str, Any], source: bool | PretrainedFile) -> None:
    """Put pretrained weights into a timm model made with `arguments`, in place, as timm itself converts them.

    Channels other than the weights' take their first convolution's kernels summed or repeated, another size resized
    positions; a head for other classes keeps its random weights. MixBenchError where the weights cannot be had, are
    not the suite's or do not fit.
    """
    config = _config(backbone)
    if isinstance(source, PretrainedFile):
        donor = _from_file(net, backbone, arguments, source)
    else:
        donor = _from_hub(config, backbone, arguments)
    net.load_state_dict(donor.state_dict())


def own_normalisation(backbone: str, data: Data) -> Data:
    """Return the data section with the mean and deviation that timm's weights were trained with.

    A number of channels other than theirs takes the mean over theirs, as in timm.data.
    """
    config = _config(backbone)
    values = {"mean": list(config.mean), "std": list(config.std)}
    if data.channels != len(values["mean"]):
        values = {name: [sum(each) / len(each)] * data.channels for name, each in values.items()}
    return data.model_copy(update=values)


def describe_pretrained(backbone: str, data: Data, source: bool | PretrainedFile) -> dict[str, Any]:
    """Say where pretrained weights came from and which normalisation goes with them, for records."""
    own = own_normalisation(backbone, data)
    origin = {"sha256": source.sha256} if isinstance(source, PretrainedFile) else {"hub": _tag(_config(backbone))}
    return {**origin, "mean": own.mean, "std": own.std}


def _config(backbone: str) -> Any:
    config = timm.get_pretrained_cfg(backbone)
    if config is None:
        raise MixBenchError(f"backbone {backbone!r}: timm has no pretrained weights for it; leave pretrained out")
    return config


def _tag(config: Any) -> str:
    return config.hf_hub_id or config.url or f"{config.architecture}.{config.tag}"


def _from_hub(config: Any, backbone: str, arguments: dict[str, Any]) -> nn.Module:
    file = str(SAFE.get(config.hf_hub_filename, config.hf_hub_filename))
    if not config.hf_hub_id or not file.endswith(".safetensors"):
        there = config.url or config.hf_hub_filename
        other = f", only {there}, which is no .safetensors file and is never loaded" if there else ""
        raise MixBenchError(
            f"backbone {backbone!r}: timm has no weights for it on the hub{other}; give a file of them with"
            " 'mixbench suite new --weights FILE', or leave pretrained out"
        )
    try:
        check_hub(config.hf_hub_id)
        return timm.create_model(
            backbone, pretrained=True, pretrained_cfg_overlay={"hf_hub_filename": file}, **arguments
        )
    except (OSError, *_MISFIT) as error:
        raise MixBenchError(
            f"backbone {backbone!r}: needed pretrained weights {_tag(config)} from the hub, got {first_line(error)};"
            " without network fetch their model.safetensors elsewhere and give it with"
            " 'mixbench suite new --weights FILE'"
        ) from None


def _from_file(net: nn.Module, backbone: str, arguments: dict[str, Any], source: PretrainedFile) -> nn.Module:
    path, config, own = Path(source.file), _config(backbone), net.state_dict()
    tensors = without_prefix(read_tensors(path, source.sha256), own)
    tensors = _with_head(tensors, _names(config.classifier), own)
    # The head is the model's own where the file's is for other classes, so timm need not leave it out and is strict.
    overlay = {"state_dict": dict(tensors), "num_classes": arguments["num_classes"]}
    try:
        return timm.create_model(backbone, pretrained=True, pretrained_cfg_overlay=overlay, **arguments)
    except _MISFIT as error:
        told = _difference(tensors, own, _names(config.first_conv)) or first_line(error)
        raise MixBenchError(f"weights {path}: {told}; are they of {backbone!r}, the suite's backbone?") from None


def _names(modules: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    names = () if modules is None else (modules,) if isinstance(modules, str) else modules
    return tuple(f"{name}." for name in names)


def _with_head(tensors: dict[str, Tensor], head: tuple[str, ...], own: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors with the model's own head, unless theirs is of the same shapes."""
    rest = {name: tensor for name, tensor in tensors.items() if not name.startswith(head)}
    needed = {name: tensor for name, tensor in own.items() if name.startswith(head)}
    given = {name: tuple(tensor.shape) for name, tensor in tensors.items() if name not in rest}
    return tensors if given == {name: tuple(tensor.shape) for name, tensor in needed.items()} else rest | needed


def _difference(tensors: dict[str, Tensor], own: dict[str, Tensor], adapted: tuple[str, ...]) -> str | None:
    """Say how tensors differ from a model's; `adapted` ones may differ in shape."""
    needed, got = shapes(own), shapes(tensors)
    apart = sorted(needed.keys() ^ got.keys()) or [
        name for name in sorted(needed) if needed[name] != got[name] and not name.startswith(adapted)
    ]
    if not apart:
        return None
    name = apart[0]
    return f"needed {name} of shape {needed.get(name, 'none at all')}, got {got.get(name, 'none')}"
