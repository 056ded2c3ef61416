"""`mixbench validate`: everything that speaks against a record."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.progress import track

from mixbench.augment.build import canonical, composition, versions
from mixbench.augment.table import BY_NAME
from mixbench.cli.output import Flag, print_json
from mixbench.report.console import console
from mixbench.results.found import CLAIMS, HOMES, RECORDS, Found, record_paths
from mixbench.results.record import load_record
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.grammar import parse
from mixbench.spec.plain import plain
from mixbench.spec.sections.data import Data
from mixbench.spec.sections.model import OWN_BACKBONES
from mixbench.spec.suite import Suite, known_suites, load_suite
from mixbench.submission.judge import Facts, Known, Reason, reasons_against

INVALID = 1
MANY = 10
"""Records from which on progress is shown."""


def validate(
    *paths: Path,
    suite: Annotated[list[str] | None, Parameter(negative_iterable=())] = None,
    beside: Path | None = None,
    json: Flag = False,
) -> int:
    """Say everything that speaks against records, a reason a line; every number is computed again from the outcomes.

    Records are held against one another and, on a board, against all records of their suite's folder. Exit code 1 where
    anything speaks against one. Nothing of a record is executed.

    Parameters
    ----------
    paths
        Records' .json files, or folders of them: a runs folder, a board, one suite's folder in it.
    suite
        A TOML file of a suite of your own whose records are welcome too; may be given several times.
    beside
        The folder of boards that records still elsewhere would be submitted to: they are held against its records too.
    json
        Print an array on stdout, an object a record with its path and reasons.
    """
    found = _record_paths(paths)
    known_here = known(map(load_suite, suite or ()))
    others = list(
        _readable(_once([*found, *_neighbours(found), *(record_paths(beside, (RECORDS, CLAIMS)) if beside else ())]))
    )
    judged = {path: reasons_against(path, known_here, others) for path in _shown(found)}
    _print_json(judged) if json else _print(judged)
    return INVALID if any(judged.values()) else 0


def known(suites: Iterable[Suite] = ()) -> Known:
    """Return what this installation knows: its suites and given ones, its own methods; no stranger's code."""
    here = {**known_suites(), **{suite.digest: suite for suite in suites}}
    usual = frozenset(suite.backbone for suite in here.values())
    return Known(
        here, frozenset(BY_NAME), describe, is_backbone=lambda name: name in usual or _is_model(name),
        describe_own=_describe_own,
    )  # fmt: skip


def _is_model(name: str) -> bool:
    # timm brings torch, which a record of a suite's own backbone does not wait for.
    from mixbench.training.backbone import is_backbone

    return is_backbone(name)


def _describe_own(name: str, data: Data) -> dict[str, Any] | None:
    if name not in OWN_BACKBONES and data.kind == "images":
        return None
    from mixbench.training.backbone import describe_own

    return describe_own(name, data)


def describe(spec: str) -> Facts:
    """Return what a spec of MixBench's own methods is; MixBenchError where it is malformed or names another's."""
    for method in (method for choice in parse(spec) for method in choice):
        # Anything else would be looked up among installed packages and in files, and run.
        if method.name not in BY_NAME:
            raise unknown("augmentation", method.name, BY_NAME, "'mixbench list augs' shows them")
    made = composition(spec)
    return Facts(canonical(made), versions(made), made.link)


def _record_paths(paths: Sequence[Path]) -> list[Path]:
    if not paths:
        raise MixBenchError(
            "validate: needed a record's .json file or a folder, got none; see mixbench validate --help"
        )
    found = [each for path in paths for each in _records_at(path)]
    return _once(found)


def _once(paths: Sequence[Path]) -> list[Path]:
    """One file under two paths is no double; a link is a file of its own, and refused."""
    return list({path.parent.resolve() / path.name: path for path in reversed(paths)}.values())[::-1]


def _neighbours(paths: Sequence[Path]) -> list[Path]:
    """The other records of the boards' folders that records lie in; what else lies there, `mixbench boards` tells."""
    homes = dict.fromkeys(path.parent for path in paths if path.parent.resolve().name in HOMES)
    return [path for home in homes for path in sorted(home.glob("*.json")) if path.is_file() and not path.is_symlink()]


def _records_at(path: Path) -> list[Path]:
    if path.is_dir():
        found = record_paths(path, HOMES)
        if not found:
            raise MixBenchError(f"validate {path}: needed records (*.json) in the folder, got none; check the path")
        return found
    if not path.exists() and not path.is_symlink():
        raise MixBenchError(f"validate {path}: needed a record or a folder, got nothing there; check the path")
    return [path]


def _readable(paths: Iterable[Path]) -> Iterator[Found]:
    for path in paths:
        try:
            yield Found(path, load_record(path))
        except MixBenchError:
            # Its own reasons say so.
            continue


def _shown(paths: Sequence[Path]) -> Iterable[Path]:
    screen = console(stderr=True)
    quiet = len(paths) < MANY or not screen.is_terminal
    return track(paths, "records", console=screen, transient=True, disable=quiet)


def _print(judged: dict[Path, list[Reason]]) -> None:
    for reason in (reason for reasons in judged.values() for reason in reasons):
        sys.stdout.write(f"{reason.path}: {reason.reason}\n")
    if not any(judged.values()):
        what = plain(str(next(iter(judged)))) if len(judged) == 1 else f"{len(judged)} records"
        sys.stdout.write(f"{what}: nothing speaks against {'it' if len(judged) == 1 else 'them'}\n")


def _print_json(judged: dict[Path, list[Reason]]) -> None:
    rows = [
        {"path": plain(str(path)), "valid": not reasons, "reasons": [each.reason for each in reasons]}
        for path, reasons in judged.items()
    ]
    print_json(rows)
