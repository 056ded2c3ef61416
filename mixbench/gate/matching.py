"""Which records of a candidate stand against which of a baseline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mixbench.results.found import Found
from mixbench.results.record import Record
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, plain_name

RowKey = tuple[str, int, str, str, str]
Seeds = dict[int | None, Found]


@dataclass(frozen=True)
class Match:
    """The records of one row on both sides; `paired` ones belong together one by one."""

    baseline: tuple[Found, ...]
    candidate: tuple[Found, ...]
    paired: bool


@dataclass(frozen=True)
class Matches:
    """The rows, and what one side has and the other lacks, each as a line for people."""

    rows: tuple[Match, ...]
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def match_single(baseline: Found, candidate: Found) -> Matches:
    """Pair two records, whatever their augmentation or seed; MixBenchError for another suite, battery or backbone."""
    _check_comparable(baseline, candidate)
    return Matches((Match((baseline,), (candidate,), paired=True),))


def match_folders(baseline: Sequence[Found], candidate: Sequence[Found]) -> Matches:
    """Match records on suite, battery, backbone, augmentation and seed.

    A row with no seed on both sides is matched as a whole. MixBenchError where one has two records of one seed, where
    nothing matches, or where a row was measured under another suite or battery.
    """
    before, after = _by_row(baseline), _by_row(candidate)
    _check_versions(baseline, candidate)
    rows, missing = [], []
    for key, seeds in before.items():
        match, lost = _match_row(seeds, after.get(key, {}))
        rows += [match] if match else []
        missing += [title(found.record) for found in lost]
    if not rows:
        raise MixBenchError(
            f"check: needed records of the same suite, backbone and augmentation on both sides, got {_kinds(candidate)}"
            f" against {_kinds(baseline)}; give single records to compare different ones"
        )
    return Matches(tuple(rows), tuple(missing), tuple(_extra(before, after)))


def _match_row(before: Seeds, after: Seeds) -> tuple[Match | None, list[Found]]:
    common = [seed for seed in before if seed in after]
    if common:
        match = Match(tuple(before[seed] for seed in common), tuple(after[seed] for seed in common), paired=True)
        return match, [before[seed] for seed in before if seed not in after]
    if not after:
        return None, list(before.values())
    return Match(tuple(before.values()), tuple(after.values()), paired=False), []


def _extra(before: Mapping[RowKey, Seeds], after: Mapping[RowKey, Seeds]) -> list[str]:
    new = []
    for key, seeds in after.items():
        there = before.get(key, {})
        # With no seed on both sides the row was matched as a whole.
        if not there or there.keys() & seeds.keys():
            new += [title(found.record) for seed, found in seeds.items() if seed not in there]
    return new


def title(record: Record) -> str:
    """Name a record for people, in one line without surprises."""
    seed = "" if record.seed is None else f", seed {record.seed}"
    name = f" {plain_name(record.name)}" if record.name else ""
    return f"{plain_name(record.augmentation)}{name} ({plain_name(record.suite)}, {plain_name(record.backbone)}{seed})"


def _row_key(record: Record) -> RowKey:
    return record.suite_digest, record.battery_version, record.backbone, record.augmentation, record.name or ""


def _by_row(records: Sequence[Found]) -> dict[RowKey, Seeds]:
    rows: dict[RowKey, Seeds] = defaultdict(dict)
    for found in sorted(records, key=lambda each: (_row_key(each.record), each.record.seed or 0)):
        seeds, seed = rows[_row_key(found.record)], found.record.seed
        if seed in seeds:
            raise MixBenchError(
                f"check: needed one record of {title(found.record)}, got {plain(str(seeds[seed].path))} and"
                f" {plain(str(found.path))}; remove one"
            )
        seeds[seed] = found
    return dict(rows)


def _check_versions(baseline: Sequence[Found], candidate: Sequence[Found]) -> None:
    before = {(each.record.suite, each.record.backbone, each.record.augmentation): each for each in baseline}
    there = {_row_key(each.record) for each in baseline}
    for found in candidate:
        record = found.record
        other = before.get((record.suite, record.backbone, record.augmentation))
        if other is not None and _row_key(record) not in there:
            _check_comparable(other, found)


def _check_comparable(baseline: Found, candidate: Found) -> None:
    first, second = baseline.record, candidate.record
    for kind, one, other in (
        ("suite", f"{first.suite} {first.suite_digest[:12]}", f"{second.suite} {second.suite_digest[:12]}"),
        ("battery", f"version {first.battery_version}", f"version {second.battery_version}"),
        ("backbone", first.backbone, second.backbone),
    ):
        same = first.suite_digest == second.suite_digest if kind == "suite" else one == other
        if not same:
            raise MixBenchError(
                f"check: needed both records under one {kind}, got {plain_name(other)} in"
                f" {plain(str(candidate.path))} against {plain_name(one)} in {plain(str(baseline.path))};"
                " measure both the same way"
            )


def _kinds(records: Sequence[Found]) -> str:
    kinds = dict.fromkeys(title(found.record) for found in records)
    names = list(kinds)[:3]
    return " and ".join([*names, f"{len(kinds) - 3} more"] if len(kinds) > 3 else names) or "none"
