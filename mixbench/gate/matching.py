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
    """The records of one row on both sides; `paired` ones are of the same seeds, one by one."""

    baseline: tuple[Found, ...]
    candidate: tuple[Found, ...]
    paired: bool

    @property
    def identical(self) -> bool:
        """Whether nothing changed: outcomes of one hash give one set of readings, whether they are at hand or not."""
        return self.paired and all(map(_identical, self.baseline, self.candidate))


@dataclass(frozen=True)
class Matches:
    """The rows, what of the baseline the candidate lacks, and what only the candidate has, a line each for people."""

    rows: tuple[Match, ...]
    missing: tuple[Found, ...] = ()
    new: tuple[str, ...] = ()


def _identical(first: Found, second: Found) -> bool:
    one, other = first.record, second.record
    return one.outcomes.sha256 == other.outcomes.sha256 and one.readings == other.readings


def match_single(baseline: Found, candidate: Found) -> Matches:
    """Pair two records, whatever their augmentation or seed; MixBenchError for another suite, battery or backbone."""
    _check_comparable(baseline, candidate)
    return Matches((Match((baseline,), (candidate,), paired=baseline.record.seed == candidate.record.seed),))


def match_folders(baseline: Sequence[Found], candidate: Sequence[Found]) -> Matches:
    """Match records on suite, battery, backbone and augmentation.

    A row has all seeds of both sides; where those that both have are the same outcomes, them alone, and others are new.
    MixBenchError where one has two records of one seed, where nothing matches, or where a row was measured under
    another suite or battery.
    """
    before, after = _by_row(baseline), _by_row(candidate)
    _check_versions(baseline, candidate)
    rows, missing = [], []
    for key, seeds in before.items():
        there = after.get(key, {})
        rows += [_match_row(seeds, there)] if there else []
        if not there or seeds.keys() & there.keys():
            missing += [seeds[seed] for seed in seeds if seed not in there]
    if not rows:
        raise MixBenchError(
            f"check: needed records of the same suite, backbone and augmentation on both sides, got {_kinds(candidate)}"
            f" against {_kinds(baseline)}; give single records to compare different ones"
        )
    return Matches(tuple(rows), tuple(missing), tuple(_extra(rows, after)))


def _match_row(before: Seeds, after: Seeds) -> Match:
    common = [seed for seed in before if seed in after]
    match = Match(tuple(before[seed] for seed in common), tuple(after[seed] for seed in common), paired=True)
    if common and (match.identical or before.keys() == after.keys()):
        return match
    return Match(tuple(before.values()), tuple(after.values()), paired=False)


def _extra(rows: Sequence[Match], after: Mapping[RowKey, Seeds]) -> list[str]:
    used = {found.path for match in rows for found in match.candidate}
    return [title(found.record) for seeds in after.values() for found in seeds.values() if found.path not in used]


def method_of(record: Record) -> str:
    """Return what trainings of one method have in common: the augmentation, of weights from elsewhere with the name."""
    return f"{record.augmentation} {record.name}" if record.name else record.augmentation


def title(record: Record) -> str:
    """Name a record for people, in one line without surprises."""
    seed = "" if record.seed is None else f", seed {record.seed}"
    return f"{plain_name(method_of(record))} ({plain_name(record.suite)}, {plain_name(record.backbone)}{seed})"


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
