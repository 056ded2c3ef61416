"""The model: a backbone made for the suite; of timm's, from a beginning that the suite names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from mixbench.results.record import Record
from mixbench.spec.errors import MixBenchError, explain
from mixbench.spec.sections.data import Data
from mixbench.spec.strict import Strict
from mixbench.submission.checks.case import Case

MOST_ARGUMENTS, MOST_PIXELS = 8, 100_000
_BUILD = re.compile(r"\+[a-z0-9.]{1,30}\Z")
_ARGUMENT = re.compile(r"[a-z][a-z_]{0,29}")
_STEM = re.compile(r"timm's own(; the last \d of 5 poolings left out)?|(small|strided|dilated): [a-z0-9 '(),;]{1,100}")
BACKBONE = re.compile(r"[a-z0-9][A-Za-z0-9_.-]{0,99}")


def check_backbone(case: Case) -> Iterator[str]:
    """A backbone by its name, made for the suite's images or features and classes."""
    record, data = case.record, case.layout.data if case.layout else None
    if not BACKBONE.fullmatch(record.backbone):
        yield f"backbone: needed the name of a backbone, got {record.backbone!r}"
    elif not case.known.is_backbone(record.backbone):
        yield f"backbone: there is none {record.backbone!r}; 'mixbench list models' shows them"
    try:
        own = case.known.describe_own(record.backbone, data) if data else None
    except MixBenchError as error:
        yield str(error)
        return
    yield from _check_timm(case, data) if own is None else _check_own(record, own)


def _check_own(record: Record, own: Mapping[str, Any]) -> Iterator[str]:
    """What MixBench says of a backbone of its own, and the torch that the packages have."""
    torch = record.provenance.packages.get("torch", "")
    # torch may say of itself what its package does not, as 2.14.1+cu130.
    said = {**record.model, "torch": _without_build(record.model.get("torch"), torch)}
    needed = {**own, "torch": torch}
    for name in sorted(needed.keys() | said.keys()):
        if _text(said.get(name)) != _text(needed.get(name)):
            yield f"model.{name}: needed {needed.get(name)!r}, got {ascii(said.get(name))[:80]}"


def _text(value: Any) -> str:
    # True is not 1 there, nor 500.0 500.
    return json.dumps(value, sort_keys=True)


def _without_build(said: Any, package: str) -> Any:
    return package if isinstance(said, str) and _BUILD.sub("", said) == package else said


def _check_timm(case: Case, data: Data | None) -> Iterator[str]:
    """A model of timm's with the suite's channels and classes."""
    made = case.record.model.get("create_model")
    said = made if isinstance(made, dict) else {}
    needed = {"model_name": case.record.backbone} | (
        {"num_classes": data.classes, "in_chans": data.channels} if data else {}
    )
    for name, value in needed.items():
        if said.get(name) != value:
            yield f"model.create_model.{name}: needed {value!r}, got {ascii(said.get(name))[:80]}"
    yield from _check_beginning(case, said)
    yield from _check_closed(case.record.model, said)


def _check_closed(model: Mapping[str, Any], said: Mapping[str, Any]) -> Iterator[str]:
    """Nothing but what a training writes about its model."""
    for name in sorted(model.keys() - {"timm", "create_model", "stem", "pretrained"}):
        yield f"model.{name}: unknown key"
    stem = model.get("stem")
    if not (isinstance(stem, str) and _STEM.fullmatch(stem)):
        yield f"model.stem: needed one that MixBench makes, got {ascii(stem)[:80]}"
    for name, value in list(said.items())[:MOST_ARGUMENTS]:
        numbers = value if isinstance(value, list) else [value]
        whole = all(type(number) in (int, bool) and abs(number) <= MOST_PIXELS for number in numbers)
        if name != "model_name" and not (_ARGUMENT.fullmatch(name) and len(numbers) <= 2 and whole):
            yield f"model.create_model.{name[:80]}: needed a name and a whole number or two, got {ascii(value)[:80]}"
    if len(said) > MOST_ARGUMENTS:
        yield f"model.create_model: needed at most {MOST_ARGUMENTS} arguments, got {len(said)}"
    yield from _check_pretrained(model.get("pretrained"))


def _check_pretrained(found: Any) -> Iterator[str]:
    if found is None:
        return
    try:
        _Pretrained.model_validate(found)
    except ValidationError as error:
        yield f"model.pretrained: needed where weights came from, mean and std, got {explain(error)[:200]}"


class _Pretrained(Strict):
    """Where pretrained weights came from and which normalisation goes with them."""

    hub: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/:-]{1,200}$")] | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    mean: Annotated[list[Annotated[float, Field(ge=-10, le=10)]], Field(min_length=1, max_length=4)]
    std: Annotated[list[Annotated[float, Field(gt=0, le=10)]], Field(min_length=1, max_length=4)]


def _check_beginning(case: Case, said: Mapping[str, Any]) -> Iterator[str]:
    """Weights to begin with only where the suite has them, and by the library that the record names."""
    record = case.record
    for name in sorted(name for name in said if name.startswith(("pretrained", "checkpoint"))):
        yield f"model.create_model.{ascii(name)[1:-1][:80]}: needed none; a suite says what a training begins with"
    begins = bool(record.model.get("pretrained"))
    if case.suite and begins != bool(case.suite.model.pretrained):
        yield f"model.pretrained: needed {'some' if not begins else 'none'}, as the suite has it"
    packages = record.provenance.packages
    if "timm" in packages and record.model.get("timm") != packages["timm"]:
        yield f"model.timm: needed {packages['timm']}, as in the packages, got {ascii(record.model.get('timm'))[:80]}"
