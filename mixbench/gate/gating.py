"""The gate as one call: two files or folders of records in, a verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from mixbench.gate.calibrate import calibrations
from mixbench.gate.calibration import calibration_bytes, calibration_for, file_name, home_of
from mixbench.gate.check import BASELINE, Check, check_matches
from mixbench.gate.decide import undecidable, wanted
from mixbench.gate.matching import Matches, match_folders, match_single
from mixbench.gate.tolerances import checked
from mixbench.results.found import RECORDS, Found, read_all, read_records
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.whole import write_atomically


def gate(
    candidate: Path,
    baseline: Path,
    tolerances: Mapping[str, float] | None = None,
    anchor: Path | None = None,
    suite: str | None = None,
) -> Check:
    """Compare a record, or a folder of records, with its baseline, and with an anchor: an older baseline that stays.

    Two files are compared whatever their augmentation or seed; folders match on suite, battery, backbone, augmentation
    and seed. Tolerances by measure, in its unit, replace the defaults; `suite` is what the trainings that would decide
    are asked for by. MixBenchError where something is missing, broken, or cannot be compared.
    """
    limits = {name: checked(name, value) for name, value in (tolerances or {}).items()}
    found = cache(partial(calibration_for, baseline))
    anchored = _matched(candidate, anchor, "anchor").rows if anchor else ()
    matches = _matched(candidate, baseline, BASELINE)
    made = check_matches(matches, limits, lambda each: found(each.record.suite_digest, each.record.backbone), anchored)
    asked = wanted(made, _folder(candidate), _folder(baseline), suite)
    return replace(made, wanted=tuple(asked), undecidable=tuple(dict.fromkeys(undecidable(made))))


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _matched(candidate: Path, baseline: Path, role: str) -> Matches:
    before, after = records_at(baseline, role), records_at(candidate, "candidate")
    single = baseline.is_file() and candidate.is_file()
    return match_single(before[0], after[0]) if single else match_folders(before, after)


def calibrate(runs: Path, baseline: Path) -> list[Path]:
    """Make the calibrations of a runs folder's suites and keep them beside a baseline; return their files.

    MixBenchError where the folder has no method with two trainings, or nothing can be written.
    """
    home, made = home_of(baseline), calibrations(read_records(runs))
    paths = [home / file_name(each.suite, each.backbone, each.suite_digest) for each in made]
    for path, each in zip(paths, made, strict=True):
        try:
            write_atomically(path, calibration_bytes(each))
        except OSError as error:
            raise MixBenchError(
                f"calibration {plain(str(path))}: needed to write there, got {error.strerror or error}"
            ) from None
    return paths


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
