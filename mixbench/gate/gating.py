"""The gate as one call: two files or folders of records in, a verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mixbench.gate.matching import match_folders, match_single
from mixbench.gate.regression import Check, check_matches
from mixbench.gate.tolerances import checked
from mixbench.results.found import RECORDS, Found, read_all, read_records
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain


def gate(candidate: Path, baseline: Path, tolerances: Mapping[str, float] | None = None) -> Check:
    """Compare a record, or a folder of records, with its baseline.

    Two files are compared whatever their augmentation or seed; folders match on suite, battery, backbone, augmentation
    and seed. Tolerances by measure, in its unit, replace the defaults. MixBenchError where something is missing,
    broken, or cannot be compared.
    """
    limits = {name: checked(name, value) for name, value in (tolerances or {}).items()}
    before, after = records_at(baseline, "baseline"), records_at(candidate, "candidate")
    single = baseline.is_file() and candidate.is_file()
    return check_matches(match_single(before[0], after[0]) if single else match_folders(before, after), limits)


def records_at(path: Path, role: str) -> list[Found]:
    """Return the record of a file or the records of a folder; MixBenchError where there is none, or a broken one."""
    found = _in_folder(path, role) if path.is_dir() else read_all([path]) if path.exists() else []
    if not found:
        raise MixBenchError(
            f"{role} {plain(str(path))}: needed a record or a folder of records, got none; mixbench eval makes one"
        )
    return found


def _in_folder(folder: Path, role: str) -> list[Found]:
    """Records beside a board would go unread, and a regression in them unseen."""
    found, beside = read_records(folder), sorted(folder.glob("*.json"))
    if beside and all(each.path.parent != folder for each in found):
        raise MixBenchError(
            f"{role} {plain(str(folder))}: needed a plain folder of records or a board,"
            f" got {plain(beside[0].name)} beside a folder {RECORDS}; give one of the two"
        )
    return found
