"""Weights that were trained elsewhere: the model that a file of them belongs to, or why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import timm
from pydantic import ValidationError
from safetensors import safe_open

from mixbench.augment.build import composition, without_own
from mixbench.augment.compose import Composition
from mixbench.spec.errors import MixBenchError
from mixbench.spec.foreign import ASSUMED, GIVEN, METADATA, WRITTEN, Foreign, Given, Written
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import Model
from mixbench.spec.seeding import stream
from mixbench.torch_state import library_randomness
from mixbench.training.backbone import Classifier, backbone_known, describe, random_net
from mixbench.training.pretrained import own_normalisation
from mixbench.training.stem_fit import STEMS, fitting_stem, put
from mixbench.training.stems import is_small
from mixbench.training.tensors import read_tensors


def resolve(backbone: str, data: Data, start: Model, path: Path, given: Given) -> Foreign:
    """Find out how the model of a file is made: as the file says, else as given, else as it must be.

    `start` is how the suite's own models begin. Normalisation that nobody gives is timm's own. MixBenchError where the
    file is broken, or fits no model or more than one.
    """
    backbone_known(backbone)
    _check_given(given, data)
    tensors, wrote = read_tensors(path), _written(path)
    if wrote is not None:
        _check_written(wrote, backbone, data, given, path)
        given = Given(wrote.stem, wrote.mean, wrote.std)
    with library_randomness(stream(0, "foreign")):
        stem, why = fitting_stem(backbone, data, start, tensors, given.stem, path)
    mean, std, whence = _normalisation(backbone, data, given, path)
    return Foreign(
        stem=stem,
        stem_source=WRITTEN if wrote else why,
        mean=mean,
        std=std,
        normalisation_source=WRITTEN if wrote else whence,
        augmentation=wrote.augmentation if wrote else "erm",
    )


def foreign_model(backbone: str, data: Data, path: Path, foreign: Foreign) -> tuple[Classifier, Composition]:
    """Return the model of a file, on the CPU in evaluation mode, and what it was trained with, for its link."""
    chosen = composition(without_own(foreign.augmentation))
    section = data.model_copy(update={"mean": foreign.mean, "std": foreign.std})
    with library_randomness(stream(0, "foreign")):
        model = Classifier(random_net(backbone, data, STEMS[foreign.stem]), section)
        chosen.prepare(model)
    put(read_tensors(path), model.net)
    return model.eval(), chosen


def describe_foreign(backbone: str, data: Data, sha256: str, foreign: Foreign) -> dict[str, Any]:
    """Say how the model of a file was made and what of it was assumed, for records."""
    about = describe(backbone, data, STEMS[foreign.stem])
    about.pop("pretrained", None)
    return {**about, "weights": {"sha256": sha256, **foreign.model_dump(mode="json")}}


def _written(path: Path) -> Written | None:
    with safe_open(path, framework="pt") as file:
        text = (file.metadata() or {}).get(METADATA)
    try:
        return None if text is None else Written.model_validate_json(text)
    except ValidationError:
        return None


def _check_written(wrote: Written, backbone: str, data: Data, given: Given, path: Path) -> None:
    size = [data.channels, data.height, data.width]
    for name, needed, got, advice in (
        ("backbone", wrote.backbone, backbone, f"give --model {wrote.backbone}"),
        ("images of", wrote.size, size, "give the suite that they were trained under"),
        ("--stem", wrote.stem, given.stem or wrote.stem, "leave it out"),
        ("--mean", wrote.mean, _channels(given.mean or wrote.mean, data), "leave it out"),
        ("--std", wrote.std, _channels(given.std or wrote.std, data), "leave it out"),
    ):
        if needed != got:
            raise MixBenchError(f"weights {path}: MixBench wrote into them {name} {needed}, got {got}; {advice}")


def _check_given(given: Given, data: Data) -> None:
    if given.stem is not None and given.stem not in STEMS:
        raise MixBenchError(f"--stem: needed one of {', '.join(STEMS)}, got {given.stem}")
    if given.stem not in (None, "own") and not is_small(data):
        raise MixBenchError(f"--stem {given.stem}: the suite's images are large and keep timm's own stem; leave it out")
    if (given.mean is None) != (given.std is None):
        raise MixBenchError("--mean and --std: needed both or none, got one; 0 and 1 are no normalisation")
    for name, values in (("--mean", given.mean), ("--std", given.std)):
        if values is not None and len(values) not in (1, data.channels):
            raise MixBenchError(f"{name}: needed one value or {data.channels}, one a channel, got {len(values)}")
    if given.std is not None and min(given.std) <= 0:
        raise MixBenchError(f"--std: needed values above 0, got {min(given.std):g}; 1 is no normalisation")


def _normalisation(backbone: str, data: Data, given: Given, path: Path) -> tuple[list[float], list[float], str]:
    if given.mean is not None and given.std is not None:
        return _channels(given.mean, data), _channels(given.std, data), GIVEN
    if timm.get_pretrained_cfg(backbone) is None:
        raise MixBenchError(
            f"weights {path}: timm has no configuration of {backbone} to say how images are normalised; give --mean and"
            " --std, 0 and 1 for none"
        )
    own = own_normalisation(backbone, data)
    return own.mean, own.std, ASSUMED


def _channels(values: list[float], data: Data) -> list[float]:
    return values * data.channels if len(values) == 1 else values
