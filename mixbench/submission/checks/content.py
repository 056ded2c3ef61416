"""The record's file and text: names, schema, digest, and nothing in it that cannot be seen."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mixbench.results.found import CLAIMS
from mixbench.results.npz import BROKEN, MAX_FILE, check_packed
from mixbench.results.outcomes import shared_of
from mixbench.results.record import Record, content_digest, written
from mixbench.results.shared import lean, shared_beside
from mixbench.spec.errors import MixBenchError, did_you_mean

MAX_TEXT = 1000
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(10))}
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.json")


def check_file(path: Path) -> Iterator[str]:
    """The record's own file name, and that it is no link."""
    if not _FILE.fullmatch(path.name):
        yield "file name: needed letters, digits, '.', '_' and '-', ending in .json, at most 205 characters; rename it"
    if _is_device(path.name):
        yield f"file name: {path.name} is a device's on some systems; rename it"
    if path.is_symlink():
        yield "file: a symbolic link; put the file itself there"


def _is_device(name: str) -> bool:
    return name.partition(".")[0].upper() in _DEVICES


def check_outcomes_file(path: Path) -> Iterator[str]:
    """The outcomes' file, which the schema has named: there, no device, no link, not too large."""
    if _is_device(path.name):
        yield f"outcomes.file: {path.name} is a device's on some systems; measure again"
    elif path.is_symlink():
        yield f"outcomes.file: {path.name} is a symbolic link; put the file itself there"
    elif not path.is_file():
        yield f"outcomes.file: {path.name} is missing beside the record"
    elif (size := path.stat().st_size) > MAX_FILE:
        yield f"outcomes.file: {path.name} has {size} bytes, at most {MAX_FILE}"


def check_digest(content: dict[str, Any]) -> Iterator[str]:
    """The digest of the content."""
    try:
        needed = content_digest(content)
    except MixBenchError as error:
        yield str(error)
        return
    if content.get("digest") != needed:
        yield f"digest: needed {needed}, got {_short(content.get('digest'))}; the record was edited"


def check_spare(content: bytes) -> Iterator[str]:
    """Bytes of the outcomes' file that belong to no array."""
    try:
        check_packed(content)
    except BROKEN as error:
        yield f"outcomes.file: needed nothing but arrays, got {str(error) or type(error).__name__}; measure again"


def check_lean(path: Path, content: bytes) -> Iterator[str]:
    """That lean outcomes are as `mixbench submit` writes them; `content` is the whole."""
    found, place = path.read_bytes(), shared_beside(path)
    if place and found != content and found != lean(content, shared_of(place)):
        yield "outcomes.file: not as mixbench submit writes it; submit the record by that"


def check_keys(path: Path) -> Iterator[str]:
    """No key twice: readers of the file and readers of the record would see different values."""
    twice: list[str] = []

    def gather(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice.extend(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return found

    json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=gather)
    yield from (f"{name}: is there twice" for name in twice)


def check_written(path: Path, content: dict[str, Any]) -> Iterator[str]:
    """Among claims, that the file has not a byte more than its content: `mixbench submit` writes it so."""
    if path.parent.name == CLAIMS and path.read_bytes() != written(content):
        yield "file: not as mixbench submit writes it; submit the record by that"


def faults_of(content: dict[str, Any]) -> list[str]:
    """Return every fault of the schema."""
    try:
        Record.model_validate(content)
    except ValidationError as error:
        return [_fault(dict(each)) for each in error.errors(include_url=False)]
    return []


def usable(content: dict[str, Any]) -> Record | None:
    """Return the record without its unknown keys, so that the rest can be looked at; None where it is no record."""
    trimmed = deepcopy(content)
    try:
        return Record.model_validate(trimmed)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            if each["type"] == "extra_forbidden":
                _remove(trimmed, each["loc"])
    try:
        return Record.model_validate(trimmed)
    except ValidationError:
        return None


def _remove(content: Any, place: tuple[int | str, ...]) -> None:
    for part in place[:-1]:
        content = content[part]
    del content[place[-1]]


def _fault(fault: dict[str, Any]) -> str:
    path = ".".join(str(part) for part in fault["loc"]) or "the whole"
    if fault["type"] == "missing":
        return f"{path}: is missing"
    if fault["type"] == "extra_forbidden":
        return f"{path}: unknown key;{did_you_mean(str(fault['loc'][-1])[:MAX_TEXT], Record.model_fields)}".rstrip(";")
    return f"{path}: {fault['msg'][:1].lower()}{fault['msg'][1:]} (got {_short(fault['input'])})"


def check_text(content: dict[str, Any]) -> Iterator[str]:
    """Every name and text but a contributed source: printable ASCII of a bounded length."""
    for place, text in _texts(content):
        if place.startswith("sources.") and place.endswith(".text"):
            continue
        if len(text) > MAX_TEXT:
            yield f"{place}: {len(text)} characters, at most {MAX_TEXT}"
        elif not (text.isascii() and text.isprintable()):
            yield f"{place}: needed printable ASCII, got {ascii(text)[:80]}"


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text with its place; a key stands for itself."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, f"{place}.{index}")
    elif isinstance(value, dict):
        for key, each in value.items():
            inner = f"{place}.{key}".lstrip(".")
            yield inner, key
            yield from _texts(each, inner)


def _short(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."
