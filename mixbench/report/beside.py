"""Which records of ERM stand beside a method's: those of its own seeds, where they are at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mixbench.results.record import Record

ERM = "erm"


def erm_beside(records: Sequence[Record], found: Iterable[Record]) -> list[Record]:
    """Return ERM's records of the same suite, backbone, battery and surrogate; none beside ERM itself.

    Those of the records' own seeds where each has one, else all there are, by seed; of two of a seed the later found.
    """
    first = records[0]
    if first.augmentation == ERM:
        return []
    same = {each.seed: each for each in found if each.augmentation == ERM and _kin(each) == _kin(first)}
    seeds = {each.seed for each in records}
    return [same[seed] for seed in sorted(same, key=str) if seed in seeds or not seeds <= same.keys()]


def paired(records: Sequence[Record], erm: Sequence[Record]) -> bool:
    """Whether both are of the same seeds."""
    return {each.seed for each in records} == {each.seed for each in erm}


def seeds_in_words(records: Sequence[Record]) -> str:
    """Write the seeds of records, such as 'seed 0' or 'seeds 0, 1'; nothing for weights that name none."""
    seeds = sorted(each.seed for each in records if each.seed is not None)
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}" if seeds else ""


def _kin(record: Record) -> tuple[object, ...]:
    return record.suite_digest, record.backbone, record.battery_version, record.trainings.get("surrogate")
