"""`mixbench compare` as a call: where records come from, and the frame that Python gets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mixbench.augment.build import canonical
from mixbench.augment.protocol import Augmentation
from mixbench.compare.versus.entries import COMPARED, Entry, compare_sides, entry_json
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.panel import Panel, panel_of
from mixbench.compare.versus.scope import Scope
from mixbench.compare.versus.sides import Side, find, scope_of, sides_of
from mixbench.results.found import BOARD, Found
from mixbench.results.record import Record
from mixbench.runs.store import runs_folder
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    import pandas as pd

Place = str | os.PathLike[str]
Given = Place | Augmentation | Record


@dataclass(frozen=True)
class Places:
    """Where records are looked for: a board and a runs folder; None for nowhere."""

    board: Path | None
    runs: Path | None

    @classmethod
    def of(cls, board: Place | None = None, runs: Place | None = None) -> Places:
        """Return the places given; where none is, leaderboards/ here and the runs folder."""
        if board is None and runs is None:
            return cls(board_here(), runs_folder())
        return cls(None if board is None else Path(board), None if runs is None else runs_folder(runs))

    def find(self) -> list[Found]:
        """Return the records there."""
        return find(self.board, self.runs)

    def panel(self, scope: Scope, evidence: Evidence, found: Sequence[Found]) -> Panel:
        """Return the panel among the records found; where no board was given, of leaderboards/ here."""
        more = find(board_here(), None) if self.board is None else []
        return panel_of([*more, *found], scope, evidence)


def board_here() -> Path | None:
    """Return leaderboards/ where it is in the current folder."""
    return Path(BOARD) if Path(BOARD).is_dir() else None


def compared(
    words: Sequence[str],
    places: Places,
    suite: str | None = None,
    model: str | None = None,
    names: Sequence[str] = COMPARED,
) -> list[Entry]:
    """Compare the first of several words' methods with each other one in the named measures.

    MixBenchError for what is not there or may not be compared.
    """
    scope, found, evidence = scope_of(words, suite, model), places.find(), Evidence()
    a, *others = sides_of(words, scope, found)
    _read([a, *others], evidence)
    panel = places.panel(scope, evidence, found)
    return [entry for b in others for entry in compare_sides(a, b, panel, evidence, names)]


def _read(sides: Iterable[Side], evidence: Evidence) -> None:
    """The sides' own draws come first, so that a panel of others is what is left out."""
    for side in sides:
        for found in side.records.values():
            evidence.of(found)


def compare(
    a: Given | Iterable[Given],
    b: Given | Iterable[Given],
    suite: Place | None = None,
    model: str | None = None,
    board: Place | None = None,
    runs: Place | None = None,
) -> pd.DataFrame:
    """Compare method a with b, or with each of several, over their common seeds and examples.

    Each is a spec, an augmentation, a record's file, or the records that `mixbench.run` returned. A row a pair and
    measure: a, b, measure, difference (a - b), low, high, p, p_holm, verdict (of a), more_seeds, headline, as
    `mixbench compare --json` has them. Rows come from `board` and `runs`, else from leaderboards/ here and the runs
    folder. MixBenchError for what is not there or may not be compared.
    """
    import pandas as pd

    places = Places.of(board, runs)
    words = [word for given in (a, b) for word in _words(given, places)]
    entries = compared(words, places, None if suite is None else os.fspath(suite), model)
    return pd.DataFrame([entry_json(entry) for entry in entries])


def _words(given: object, places: Places) -> list[str]:
    if isinstance(given, Record):
        return [_file_of(given, places)]
    if isinstance(given, Augmentation):
        return [canonical(given)]
    if isinstance(given, (str, os.PathLike)):
        return [str(os.fspath(given))]
    if isinstance(given, Iterable):
        return [word for each in given for word in _words(each, places)]
    raise MixBenchError(f"compare: needed a spec, an augmentation, a record or its file, got {type(given).__name__}")


def _file_of(record: Record, places: Places) -> str:
    for found in places.find():
        if found.record.digest == record.digest:
            return str(found.path)
    raise MixBenchError(
        f"compare: needed the folder of the record of {record.augmentation}, got it in none of those looked into;"
        " give runs="
    )
