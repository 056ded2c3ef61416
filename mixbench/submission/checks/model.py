"""The model: a backbone of timm's, made for the suite, from a beginning that the suite names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mixbench.submission.checks.case import Case

BACKBONE = re.compile(r"[a-z0-9][A-Za-z0-9_.-]{0,99}")


def check_backbone(case: Case) -> Iterator[str]:
    """A backbone by a timm name, made for the suite's images and classes."""
    record = case.record
    if not BACKBONE.fullmatch(record.backbone):
        yield f"backbone: needed the name of a timm model, got {record.backbone!r}"
    elif not case.known.is_backbone(record.backbone):
        yield f"backbone: timm has no model {record.backbone!r}; 'mixbench list models' shows timm's"
    made = record.model.get("create_model")
    said = made if isinstance(made, dict) else {}
    data = case.layout.data if case.layout else None
    needed = {"model_name": record.backbone} | (
        {"num_classes": data.classes, "in_chans": data.channels} if data else {}
    )
    for name, value in needed.items():
        if said.get(name) != value:
            yield f"model.create_model.{name}: needed {value!r}, got {ascii(said.get(name))[:80]}"
    yield from _check_beginning(case, said)


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
