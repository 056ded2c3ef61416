"""Provenance: of sensible shape, from clean code, and not from the future."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import metadata, requires, version
from typing import Any

from mixbench.results.record import Provenance
from mixbench.runs.provenance import PACKAGES
from mixbench.submission.checks.case import Case

_COMMIT = re.compile(r"(?!(.)\1*$)([0-9a-f]{40}|[0-9a-f]{64})")
_VERSION = re.compile(r"[0-9]{1,5}(\.[0-9]{1,5}){1,4}([a-z0-9.+_-]{0,20})")
_DEVICE = re.compile(r"cpu: [A-Za-z0-9_]{1,20}|cuda: [A-Za-z0-9][A-Za-z0-9 ()/._+-]{0,59}")
_CPU = re.compile(r"[A-Za-z0-9][A-Za-z0-9 @(),./_+-]{0,79}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+00:00")
_NEEDED = {"mixbench", "numpy", "timm", "torch"}
MOST_SECONDS = 1e7
_MADE_WITH = {"commit", "dirty", "packages", "python"}
FIRST = datetime(2026, 11, 21, tzinfo=UTC)
"""MixBench's first day."""

CLOCKS_DIFFER = timedelta(days=1)


def check_provenance(case: Case) -> Iterator[str]:
    """Where and when, with what code; by which roles."""
    record, found = case.record, case.record.provenance
    yield from _check_version(record.mixbench_version)
    if not _DEVICE.fullmatch(found.device):
        yield f"provenance.device: needed 'cpu: …' or 'cuda: …', got {found.device!r}"
    if found.cpu_model is not None and not _CPU.fullmatch(found.cpu_model):
        yield f"provenance.cpu_model: needed a CPU's name or null, got {found.cpu_model!r}"
    if case.layout and found.threads != case.layout.budget.threads:
        yield f"provenance.threads: needed {case.layout.budget.threads}, as the suite has it, got {found.threads}"
    here = {name: getattr(found, name) for name in ("commit", "dirty", "packages", "python")}
    yield from _check_code("provenance", here)
    yield from _check_roles(found, {*record.trainings, "examination"})
    yield from _check_libraries(case)
    yield from _check_created(case)


def _check_version(said: str) -> Iterator[str]:
    """A version that has been: what comes later this installation cannot judge."""
    here = version("mixbench")
    if not _VERSION.fullmatch(said):
        yield f"mixbench_version: needed a version, got {said!r}"
    elif _release(said) > _release(here):
        yield f"mixbench_version: needed at most {here}, got {said!r}; update MixBench"


def _release(said: str) -> list[int]:
    numbers = re.match(r"[0-9]+(\.[0-9]+)*", said)
    return [int(number) for number in numbers[0].split(".")] if numbers else []


def _check_roles(found: Provenance, roles: set[str]) -> Iterator[str]:
    if set(found.seconds) != roles:
        yield f"provenance.seconds: needed those of {', '.join(sorted(roles))}, got {', '.join(sorted(found.seconds))}"
    for role, seconds in found.seconds.items():
        if not 0 < seconds <= MOST_SECONDS:
            yield f"provenance.seconds.{role}: needed more than 0 and at most {MOST_SECONDS:g}, got {seconds}"
    for role, code in found.trainings_made_with.items():
        place = f"provenance.trainings_made_with.{role}"
        if role not in roles or set(code) != _MADE_WITH:
            yield f"{place}: needed a training's {', '.join(sorted(_MADE_WITH))}, got {', '.join(sorted(code))}"
        else:
            yield from _check_code(place, code)


def _check_code(place: str, code: Mapping[str, Any]) -> Iterator[str]:
    commit, dirty, packages = code["commit"], code["dirty"], code["packages"]
    if commit is not None and not (isinstance(commit, str) and _COMMIT.fullmatch(commit)):
        yield f"{place}.commit: needed 40 hexadecimal digits or null, got {ascii(commit)[:80]}"
    if (commit is None) != (dirty is None) or dirty not in (None, True, False):
        yield f"{place}.dirty: needed true or false with a commit, null without, got {ascii(dirty)[:80]}"
    elif dirty:
        yield f"{place}.dirty: measured with changed code; commit it, and measure again"
    if not (isinstance(code["python"], str) and _VERSION.fullmatch(code["python"])):
        yield f"{place}.python: needed a version, got {ascii(code['python'])[:80]}"
    else:
        yield from _check_range(f"{place}.python", code["python"], _floors()["python"], 3)
    yield from _check_packages(place, packages)


def _check_packages(place: str, packages: Any) -> Iterator[str]:
    """The packages that decide a number, and no others."""
    if not isinstance(packages, dict) or not _NEEDED <= packages.keys() <= {*PACKAGES}:
        yield f"{place}.packages: needed {', '.join(PACKAGES)}"
        return
    for name, said in packages.items():
        if not (isinstance(said, str) and _VERSION.fullmatch(said)):
            yield f"{place}.packages.{name}: needed a version, got {ascii(said)[:80]}"
        elif name == "mixbench":
            yield from _check_range(f"{place}.packages.mixbench", said, "0", _release(version(name))[0])
        else:
            # A package may be newer than the judge's, but not by two major versions.
            yield from _check_range(f"{place}.packages.{name}", said, _floors()[name], _release(version(name))[0] + 1)


def _check_range(place: str, said: str, floor: str, major: int) -> Iterator[str]:
    if _release(said) < _release(floor) or _release(said)[0] > major:
        yield f"{place}: needed at least {floor} and at most some {major}.x, got {said!r}"


@cache
def _floors() -> dict[str, str]:
    """The oldest Python and packages that MixBench runs with, by its own metadata."""
    needed = (re.match(r"([a-z-]+) *>= *([0-9.]+)", line) for line in requires("mixbench") or ())
    return {"python": metadata("mixbench")["Requires-Python"].lstrip(">= ")} | {one[1]: one[2] for one in needed if one}


def _check_libraries(case: Case) -> Iterator[str]:
    """The libraries that a method's version names are those that its trainings were made with."""
    found, methods = case.record.provenance, case.record.method_versions
    libraries = [
        (name, *library.partition(" ")[::2])
        for name, said in methods.items()
        if name in case.known.methods
        for library in str(said).split(", ")[1:]
    ]
    for role in sorted(case.record.trainings.keys() - {"surrogate"}):
        elsewhere = role in found.trainings_made_with
        place = f"provenance.trainings_made_with.{role}" if elsewhere else "provenance"
        packages = found.trainings_made_with[role].get("packages") if elsewhere else found.packages
        for name, library, needed in libraries:
            made = packages.get(library) if isinstance(packages, dict) else None
            if made != needed:
                said = f"method_versions.{name}: needed {library} {ascii(made)[:80]}, as {place}.packages has it"
                yield f"{said}, got {ascii(needed)[:80]}"


def _check_created(case: Case) -> Iterator[str]:
    said, now = case.record.provenance.created, case.known.now or datetime.now(UTC)
    try:
        created = datetime.fromisoformat(said) if _TIME.fullmatch(said) else None
    except ValueError:
        created = None
    if created is None:
        yield f"provenance.created: needed a time such as 2026-11-22T01:32:26+00:00, got {said!r}"
    elif not FIRST <= created <= now + CLOCKS_DIFFER:
        yield f"provenance.created: {said} is before MixBench or in the future"
