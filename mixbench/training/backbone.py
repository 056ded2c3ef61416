"""Backbones by the kind of data: timm's models of images, with small stems for small ones, LeNet, those of tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model
from mixbench.training import lenet, mlp
from mixbench.training.pretrained import describe_pretrained, load_pretrained, own_normalisation
from mixbench.training.shrink import shrink_stem
from mixbench.training.stems import FAMILIES, STRIDED, describe_stem, fixed_size, is_small, stem_arguments

PLAIN = Model()
"""Random weights and, for small images, the small stem."""

TRIED = (64, 96, 128, 160, 192, 224, 256, 384)
"""Sides of square images, in pixels, that are tried to say which a backbone takes."""

# What timm's models raise where an argument or a size does not suit them.
_UNFIT = (TypeError, ValueError, AssertionError, RuntimeError, IndexError, ZeroDivisionError)


class Classifier(nn.Module):
    """A backbone that takes pixels: images (N, C, H, W) float in [0, 1], or features, → logits (N, K) float32.

    `size` is the (C, H, W) of the images it was made for.
    """

    def __init__(self, net: nn.Module, data: Data) -> None:
        super().__init__()
        self.size = (data.channels, data.height, data.width)
        self.net = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(data.mean).reshape(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(data.std).reshape(1, -1, 1, 1), persistent=False)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
        """Normalise and classify."""
        return self.net(self.normalised(images)).float()

    def normalised(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Return what the backbone takes: pixels less the mean, by the deviation."""
        return ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)


def backbone_names() -> list[str]:
    """Return the names of every backbone: timm's models, and those beside them."""
    return [name for families in _FAMILIES.values() for family in families for name in family.names()]


def is_backbone(name: str) -> bool:
    """Whether there is a backbone of this name; nothing is made or fetched."""
    return any(family.has(name) for families in _FAMILIES.values() for family in families)


def backbone_known(name: str) -> None:
    """MixBenchError with the nearest name where there is no such backbone."""
    if not is_backbone(name):
        raise unknown("backbone", name, backbone_names(), "'mixbench list models' shows them")


def build(backbone: str, data: Data, start: Model = PLAIN, fetch: bool = True) -> Classifier:
    """Make a model with timm's initial weights from torch's global generator, or with pretrained ones.

    Without `fetch` pretrained weights are left out, for whoever loads others into the model. MixBenchError for an
    unknown backbone, one that does not take the suite's images, or pretrained weights that cannot be had.
    """
    net = random_net(backbone, data, start)
    if not start.pretrained:
        return Classifier(net, data.seen)
    if fetch:
        load_pretrained(net, backbone, create_arguments(backbone, data, start), start.pretrained)
    return Classifier(net, own_normalisation(backbone, data))


def random_net(backbone: str, data: Data, start: Model = PLAIN) -> nn.Module:
    """Make a backbone with the stem of a beginning and its own initial weights; errors as build."""
    return _family(backbone, data).make(backbone, data, start)


def _family(backbone: str, data: Data) -> Family:
    backbone_known(backbone)
    families = _FAMILIES[data.kind]
    if found := next((family for family in families if family.has(backbone)), None):
        return found
    such_as = families[0].such_as
    raise MixBenchError(f"backbone {backbone!r}: needed one for {data.kind}, got another; use {such_as}")


def _timm_net(backbone: str, data: Data, start: Model) -> nn.Module:
    try:
        return _made(backbone, create_arguments(backbone, data, start), data, start)
    except _UNFIT as error:
        raise MixBenchError(f"backbone {backbone!r}: {_unfit(error, backbone, data, start)}") from None


def _made(backbone: str, arguments: dict[str, Any], data: Data, start: Model) -> nn.Module:
    """Make a model with random weights and try a blank image; one of _UNFIT where the two do not go together."""
    net = timm.create_model(backbone, **arguments)
    if is_small(data) and not start.pretrained and not shrink_stem(net, data, start.stem):
        raise ValueError(f"it has no {start.stem} stem")
    _check_size(net, data)
    return net


def _unfit(error: BaseException, backbone: str, data: Data, start: Model) -> str:
    small = is_small(data) and not start.pretrained
    reason = str(error).strip().partition("\n")[0][:160]
    if isinstance(error, TypeError):
        # About an argument that the user did not give: only small stems have one that timm may not know.
        reason = f"it has no {start.stem} stem" if small else ""
    what = f"does not take images of {data.channels}x{data.height}x{data.width}" + (f" ({reason})" if reason else "")
    if small and start.stem != "small":
        return f"{what}; use a {STRIDED}, or stem = 'small'"
    sides = ", ".join(map(str, sides_taken(backbone, data, start)))
    other = f"; of the square ones tried it takes {sides} pixels a side" if sides else ""
    return f"{what}{other}; use a {FAMILIES}" if small else f"{what}{other}; use such a size or another backbone"


def sides_taken(backbone: str, data: Data, start: Model = PLAIN) -> list[int]:
    """Return which sides of square images, in pixels, a backbone takes: of TRIED and its own; made without weights."""
    config = timm.get_pretrained_cfg(backbone)
    own = set(config.input_size[1:]) if config else set()
    return [side for side in sorted({*TRIED, *own}) if _takes(backbone, data, start, side)]


def _takes(backbone: str, data: Data, start: Model, side: int) -> bool:
    square = data.model_copy(update={"height": side, "width": side})
    try:
        with torch.device("meta"):
            _made(backbone, create_arguments(backbone, square, start), square, start)
    except _UNFIT:
        return False
    return True


def create_arguments(backbone: str, data: Data, start: Model = PLAIN) -> dict[str, Any]:
    """Return the arguments of timm.create_model that a suite's models are made with."""
    stem = fixed_size(backbone, data) if start.pretrained else stem_arguments(backbone, data, start.stem)
    return {"in_chans": data.channels, "num_classes": data.classes, **stem}


def describe(backbone: str, data: Data, start: Model = PLAIN) -> dict[str, Any]:
    """Say how a model was made, for records."""
    return _family(backbone, data).describe(backbone, data, start)


def describe_own(backbone: str, data: Data) -> dict[str, Any] | None:
    """Return what records say of a backbone beside timm's, None of timm's; MixBenchError for another kind of data's."""
    family = _family(backbone, data)
    return None if family is _TIMM else family.describe(backbone, data, PLAIN)


def _describe_timm(backbone: str, data: Data, start: Model) -> dict[str, Any]:
    about = {"timm": timm.__version__, "create_model": {"model_name": backbone}}
    about["create_model"] |= create_arguments(backbone, data, start)
    if start.pretrained:
        return {**about, "stem": "timm's own", "pretrained": describe_pretrained(backbone, data, start.pretrained)}
    return {**about, "stem": describe_stem(backbone, data, start.stem)}


def _check_size(net: nn.Module, data: Data) -> None:
    """Try a blank image in evaluation mode, which changes neither weights nor random state."""
    was_training = net.training
    with torch.no_grad():
        logits = net.eval()(next(net.parameters()).new_zeros(1, data.channels, data.height, data.width))
    net.train(was_training)
    if tuple(logits.shape) != (1, data.classes):
        raise ValueError(f"needed {data.classes} logits an image, got a shape of {tuple(logits.shape)[1:]}")


class Family(NamedTuple):
    """Backbones of one kind of data: their names, one of them, how they are made and described."""

    names: Callable[[], list[str]]
    has: Callable[[str], bool]
    such_as: str
    make: Callable[[str, Data, Model], nn.Module]
    describe: Callable[[str, Data, Model], dict[str, Any]]


_TIMM = Family(timm.list_models, timm.is_model, "a model of timm's", _timm_net, _describe_timm)
_FAMILIES = {
    "images": (
        _TIMM,
        Family(lenet.names, lenet.is_lenet, lenet.NAME, lenet.make, lenet.describe),
    ),
    "tabular": (Family(mlp.names, mlp.is_mlp, mlp.NAME, mlp.make, mlp.describe),),
}
"""By the kind of data."""
