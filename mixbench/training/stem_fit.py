"""Which of a backbone's stems a file's weights fit."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from mixbench.spec.errors import MixBenchError
from mixbench.spec.foreign import GIVEN
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model
from mixbench.training.backbone import random_net
from mixbench.training.misfit import Difference, differences, misfit
from mixbench.training.stems import is_small, stem_of
from mixbench.training.tensors import without_prefix

STEMS = {
    "own": Model(pretrained=True),
    "small": Model(),
    "strided": Model(stem="strided"),
    "dilated": Model(stem="dilated"),
}
"""How a model begins, by the word for its stem; a pretrained beginning is the one with timm's own."""

_WORDS = {
    "own": "as timm.create_model makes it",
    "small": "as MixBench trains it on small images",
    "strided": "as MixBench trains it under stem = 'strided'",
    "dilated": "as MixBench trains it under stem = 'dilated'",
}


def fitting_stem(
    backbone: str, data: Data, start: Model, tensors: dict[str, Tensor], asked: str | None, path: Path
) -> tuple[str, str]:
    """Return the stem that tensors fit, and why that one: `asked`, else timm's own or that of the suite's `start`.

    MixBenchError with the cause where they fit none, and with the choices where they fit several.
    """
    stems = dict.fromkeys(("own", stem_of(data, start), asked or "own"))
    nets = _nets(backbone, data, list(stems), asked)
    apart = {stem: differences(net, tensors) for stem, net in nets.items()}
    fitting = [stem for stem in nets if not apart[stem]]
    if asked in fitting:
        return asked, GIVEN
    if not fitting:
        nearest = asked or min(apart, key=lambda stem: len(apart[stem]))
        raise MixBenchError(f"weights {path}: {misfit(apart[nearest], tensors, nets[nearest], backbone, data)}")
    if asked is not None:
        raise _other_stem(path, asked, fitting, apart[asked])
    if len(fitting) == 1:
        return fitting[0], "the only one that the weights fit" if is_small(data) else "as for all images this large"
    choices = " or ".join(f"--stem {stem} ({_WORDS[stem]})" for stem in fitting)
    raise MixBenchError(
        f"weights {path}: fit {backbone} with more than one stem, and only one of these is the model that was trained;"
        f" give {choices}"
    )


def put(tensors: dict[str, Tensor], net: nn.Module) -> None:
    """Put tensors that fit a model into it, in place; those that only count batches may lack."""
    own = net.state_dict()
    found = without_prefix(tensors, own)
    net.load_state_dict({name: found.get(name, tensor) for name, tensor in own.items()})


def _other_stem(path: Path, asked: str, fitting: list[str], apart: dict[str, Difference]) -> MixBenchError:
    name, (needed, got) = next(iter(apart.items()))
    return MixBenchError(
        f"weights {path}: needed the {asked} stem's {name} of shape {needed or 'none at all'}, got {got or 'none'};"
        f" they fit --stem {' or '.join(fitting)}"
    )


def _nets(backbone: str, data: Data, stems: list[str], asked: str | None) -> dict[str, nn.Module]:
    """The model with each stem that it can have on such images; MixBenchError where that is none, or not the asked."""
    nets: dict[str, nn.Module] = {}
    faults: dict[str, MixBenchError] = {}
    for stem in stems:
        try:
            nets[stem] = random_net(backbone, data, STEMS[stem])
        except MixBenchError as error:
            faults[stem] = error
    if asked in faults or not nets:
        raise faults[asked or "own"]
    return nets
