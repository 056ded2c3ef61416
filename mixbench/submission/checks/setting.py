"""What was measured on what: battery, suite and its settings, trainings by their digests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from mixbench.results.attacks import OPTIONAL
from mixbench.results.found import SUITE_NAME
from mixbench.results.measures import OUTCOMES_VERSION
from mixbench.results.record import BATTERY_VERSION
from mixbench.spec.errors import did_you_mean
from mixbench.spec.seeding import SURROGATE_SEED
from mixbench.spec.suite import Suite
from mixbench.spec.training import TRAINING_VERSION, TrainingSpec
from mixbench.submission.checks.case import Case

CLASS_NAMES = "data.class_names"
"""Records from before suites had it lack it."""

SEED_DIGITS = 18
"""More than these `mixbench eval` does not take."""


def check_battery(case: Case) -> Iterator[str]:
    """Versions of battery and outcomes, and groups, that this installation can recompute."""
    if not 1 <= case.record.battery_version <= BATTERY_VERSION:
        yield f"battery_version: needed 1 to {BATTERY_VERSION}, got {case.record.battery_version}; update MixBench"
    if (version := case.record.outcomes.version) > OUTCOMES_VERSION:
        yield f"outcomes.version: needed 1 to {OUTCOMES_VERSION}, got {version}; update MixBench"
    for group in case.record.groups:
        if group not in OPTIONAL:
            yield f"groups: needed {', '.join(OPTIONAL) or 'none'}, got {ascii(group)[:80]}; update MixBench"
    if len(set(case.record.groups)) < len(case.record.groups):
        yield "groups: needed each once"


def check_suite(case: Case) -> Iterator[str]:
    """A known suite under its own name, with the settings that it has."""
    record, suite = case.record, case.suite
    if not SUITE_NAME.fullmatch(record.suite):
        yield f"suite: needed a name of lower-case letters, digits, '.', '_' and '-', got {record.suite!r}"
    if suite is None:
        yield _unknown_suite(case)
    else:
        if suite.name != record.suite:
            yield f"suite: needed {suite.name!r}, whose digest the record carries, got {record.suite!r}"
        yield from _check_settings(suite, record.settings, record.backbone)
    yield from _check_place(case)


def _check_place(case: Case) -> Iterator[str]:
    """In a board's folder of a suite only that suite's records, each under the name of its outcomes."""
    if case.home is None:
        return
    suite, outcomes = case.path.parent.resolve().parent.name, case.record.outcomes.file
    if suite != case.record.suite:
        place = f"{suite}/{case.home}"
        yield f"suite: the record lies in {place}, got {case.record.suite!r}; put it in its own suite's folder"
    if not case.path.name.startswith(f"{case.record.suite}-"):
        yield f"file name: needed one that begins with {case.record.suite}-; submit the record by mixbench submit"
    if outcomes != case.path.with_suffix(".npz").name:
        yield f"outcomes.file: needed {case.path.with_suffix('.npz').name}, got {outcomes}"


def _unknown_suite(case: Case) -> str:
    name, known = case.record.suite, case.known.suites
    versions = [f"version {suite.version} has {digest[:12]}" for digest, suite in known.items() if suite.name == name]
    said = f"suite_digest: {case.record.suite_digest[:12]} is of no known suite"
    own = "for one of your own give --suite FILE"
    if versions:
        return f"{said}; of {name!r} {', '.join(sorted(versions))}; {own}"
    names = sorted({suite.name for suite in known.values()})
    return f"{said}, got the name {name!r}; known are {', '.join(names)}; {own}.{did_you_mean(name, names)}"


def _check_settings(suite: Suite, settings: dict[str, Any], backbone: str) -> Iterator[str]:
    """The default backbone is not part of a suite's digest, so it may be another."""
    needed, said = _flat(suite.settings), _flat(settings)
    if settings.get("backbone") not in (suite.backbone, backbone):
        yield f"settings.backbone: needed {suite.backbone!r}, got {ascii(settings.get('backbone'))[:80]}"
    for name in sorted(name for name in needed.keys() | said.keys() if name.partition(".")[0] != "backbone"):
        if name not in said:
            if name != CLASS_NAMES:
                yield f"settings.{name}: is missing"
        elif name not in needed:
            yield f"settings.{name}: unknown key"
        elif not _same(needed[name], said[name]):
            yield f"settings.{name}: needed {needed[name]!r}, as the suite has it, got {ascii(said[name])[:80]}"


def _flat(tree: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        inside = isinstance(value, dict) and value
        found |= _flat(value, f"{above}{name}.") if inside else {f"{above}{name}": value}
    return found


def _same(first: Any, second: Any) -> bool:
    """Equal, and not only as True equals 1."""
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_same, first, second))
    return first == second and isinstance(first, bool) == isinstance(second, bool)


def check_trainings(case: Case) -> Iterator[str]:
    """Seed and trainings: every role, and each digest that of the training which the record says it was."""
    record = case.record
    if record.seed is None and not case.external:
        yield "seed: needed 0 or more, got none"
    elif record.seed is not None and record.seed < 0:
        yield f"seed: needed 0 or more, got {record.seed}; negative seeds are reserved for the surrogate"
    elif record.seed is not None and record.seed >= 10**SEED_DIGITS:
        yield f"seed: needed at most {SEED_DIGITS} digits, got {len(str(record.seed))}"
    noises = case.layout.noises if case.layout else {}
    roles = {"surrogate"} if case.external else {"model", "surrogate", *noises}
    for role in sorted(roles - set(record.trainings)):
        yield f"trainings.{role}: is missing"
    for role in sorted(set(record.trainings) - roles) if case.layout else ():
        yield f"trainings.{role}: unknown key"
    if len(set(record.trainings.values())) < len(record.trainings):
        yield "trainings: needed a training of its own for each role, got one digest twice"
    if case.suite and record.seed is not None:
        for role in sorted(roles & set(record.trainings)):
            yield from _check_training(case, case.suite, role, noises.get(role, 0.0))


def _check_training(case: Case, suite: Suite, role: str, noise: float | Literal["given"]) -> Iterator[str]:
    said = case.record.trainings[role]
    if said not in _digests(case, suite, role, noise):
        yield (
            f"trainings.{role}: {said[:12]} is not the digest of that training by suite, backbone, augmentation,"
            " versions, seed and device"
        )


def _digests(case: Case, suite: Suite, role: str, noise: float | Literal["given"]) -> Iterator[str]:
    """The digests that a training may have, by every version of the training code and of ERM."""
    record, device = case.record, case.record.provenance.device.partition(":")[0]
    if device not in ("cpu", "cuda"):
        return
    rest: dict[str, Any] = {"backbone": record.backbone, "device": device, "noise": noise}
    rest |= {name: getattr(record.provenance, name) for name in ("processes", "micro_batch")}
    own = {"augmentation": record.augmentation, "method_versions": record.method_versions, "seed": record.seed}
    erm = [
        {"augmentation": "erm", "method_versions": {"erm": version}, "seed": SURROGATE_SEED}
        for version in range(1, int(case.known.describe("erm").versions["erm"]) + 1)
    ]
    for who in erm if role == "surrogate" else [own]:
        for version in range(1, TRAINING_VERSION + 1):
            yield TrainingSpec.of(suite, training_version=version, **rest, **who).digest
