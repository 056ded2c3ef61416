"""`mixbench classes`: which classes a model errs on, and for what it takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.cli.output import Flag, print_json
from mixbench.report.classes import classes_json, classes_table, confusion_table
from mixbench.report.console import console
from mixbench.results.classes import CLEAN, by_class, class_names, conditions, outcomes_beside
from mixbench.results.record import Record, load_record
from mixbench.spec.errors import MixBenchError

USUAL = (CLEAN, "ifgsm.white")


def classes(
    *records: Path,
    under: Annotated[list[str] | None, Parameter(negative_iterable=())] = None,
    confusion: Flag = False,
    json: Flag = False,
) -> None:
    """Show a record's error by class, its balanced error and its worst class, from the per-example outcomes beside it.

    Parameters
    ----------
    records
        Records' .json files; several of one suite and method, such as its seeds, are averaged.
    under
        What the test images underwent: clean, an attack such as fgsm.black, or a training on noisy labels such as
        noise20; may be given several times. Else clean and ifgsm.white.
    confusion
        Also show which classes are taken for which.
    json
        Print an array on stdout, an object a condition, always with the whole matrix.
    """
    if not records:
        raise MixBenchError("classes: needed a record's .json file, got none; 'mixbench eval' writes one")
    loaded = [(path, load_record(path)) for path in records]
    _check_alike([record for _, record in loaded])
    outcomes = [outcomes_beside(record, path) for path, record in loaded]
    names = class_names(loaded[0][1])
    asked = under or [name for name in USUAL if name in conditions(outcomes[0])]
    found = [(name, by_class(outcomes, names, name)) for name in dict.fromkeys(asked)]
    if json:
        return print_json([classes_json(each, name) for name, each in found])
    screen = console()
    screen.show(classes_table(found, _title([record for _, record in loaded])))
    for name, each in found if confusion else ():
        screen.show(confusion_table(each, name))
    return None


def _check_alike(records: list[Record]) -> None:
    kinds = {(record.suite_digest, record.backbone, record.augmentation) for record in records}
    if len(kinds) > 1:
        raise MixBenchError(
            f"classes: needed records of one suite, backbone and augmentation, got {len(kinds)} kinds; give one kind at"
            " a time"
        )


def _title(records: list[Record]) -> str:
    first = records[0]
    seeds = ", ".join(str(record.seed) for record in records if record.seed is not None)
    return f"{first.augmentation}\nsuite {first.suite}, backbone {first.backbone}{f', seed {seeds}' if seeds else ''}"
