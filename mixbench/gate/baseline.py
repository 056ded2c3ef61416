"""A gate's baseline, replaced on purpose: records with their outcomes, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mixbench.gate.evidence import evidence_of
from mixbench.gate.matching import title
from mixbench.results.found import RECORDS, Found, read_records
from mixbench.results.outcomes import read_outcomes
from mixbench.results.record import Record
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.whole import write_atomically


def update_baseline(candidate: Sequence[Found], baseline: Path) -> list[str]:
    """Copy records with their outcomes over a baseline's, or make it, and return a line for each.

    A file is replaced by a single record. In a folder a record replaces the one of the same suite name, backbone,
    augmentation and seed; others stay. MixBenchError where outcomes are missing or wrong, or nothing can be written.
    """
    for found in candidate:
        if evidence_of(found) is None:
            raise MixBenchError(f"record {plain(str(found.path))}: needed its outcomes beside it to become a baseline")
    if not baseline.is_dir() and (baseline.is_file() or baseline.suffix == ".json"):
        return [_replace(_only(candidate, baseline), baseline, [])]
    known = _known(baseline)
    return [_place(found, baseline, known) for found in candidate]


def _only(candidate: Sequence[Found], baseline: Path) -> Found:
    if len(candidate) != 1:
        raise MixBenchError(
            f"baseline {plain(str(baseline))}: needed one record for one file, got {len(candidate)}; give a folder"
        )
    return candidate[0]


def _known(folder: Path) -> list[Found]:
    if (folder / RECORDS).is_dir() or any(folder.glob(f"*/{RECORDS}")):
        raise MixBenchError(
            f"baseline {plain(str(folder))}: needed a plain folder of records, got a board; use mixbench submit for it"
        )
    return read_records(folder) if folder.is_dir() else []


def _place(found: Found, folder: Path, known: list[Found]) -> str:
    same = [each for each in known if _key(each.record) == _key(found.record)]
    others = [each for each in known if each not in same]
    path = same[0].path if same else folder / found.path.name
    if any(each.path == path for each in others):
        raise MixBenchError(f"baseline {plain(str(path))}: needed a name of its own, got another record's; rename it")
    line = _replace(found, path, others)
    _remove_replaced(same, path, {each.record.outcomes.file for each in (*others, found)})
    known[:] = [*others, Found(path, found.record)]
    return line


def _remove_replaced(replaced: Sequence[Found], path: Path, needed: set[str]) -> None:
    """What the new record took the place of: doubles of it, and outcomes that no record speaks of any more."""
    for stale in replaced:
        if stale.path != path:
            stale.path.unlink(missing_ok=True)
        if stale.record.outcomes.file not in needed:
            (path.parent / stale.record.outcomes.file).unlink(missing_ok=True)


def _key(record: Record) -> tuple[str, str, str, str | None, int | None]:
    return record.suite, record.backbone, record.augmentation, record.name, record.seed


def _replace(found: Found, path: Path, others: Sequence[Found]) -> str:
    """Outcomes first: a record never lies there before what it speaks of."""
    outcomes = found.record.outcomes
    if any(each.record.outcomes.file == outcomes.file for each in others):
        raise MixBenchError(
            f"baseline {plain(str(path))}: needed outcomes with a name of their own, got {outcomes.file} of another"
        )
    there = path.is_file()
    try:
        for source, goal in ((found.path.parent / outcomes.file, path.parent / outcomes.file), (found.path, path)):
            if not (goal.exists() and goal.samefile(source)):
                # A board's outcomes leave out what lies beside them there.
                write_atomically(goal, source.read_bytes() if source == found.path else read_outcomes(source))
    except OSError as error:
        raise MixBenchError(
            f"baseline {plain(str(path))}: needed to write there, got {error.strerror or error}; give another place"
        ) from None
    return f"baseline {plain(str(path))} {'replaced by' if there else 'made from'} {title(found.record)}"
