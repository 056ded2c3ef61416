"""Records onto a board: judged, copied byte for byte, and the board made anew, as one step that holds or does not."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mixbench.board.generated import GENERATED, Generate, is_suite, renew
from mixbench.board.published import PUBLISHED
from mixbench.results.found import RECORDS, Found, read_records
from mixbench.results.npz import MAX_FILE
from mixbench.results.record import EXTERNAL, MAX_BYTES, Record, identity, load_record
from mixbench.runs.exchange import Workshop, workshop
from mixbench.runs.tree import put
from mixbench.spec.errors import MixBenchError
from mixbench.submission.judge import Reason

Judge = Callable[[Path, Sequence[Found]], Sequence[Reason]]
"""Everything that speaks against a record, beside the records that are on the board."""


@dataclass
class Submitted:
    """What became of a submission: the records that came onto the board, or the reasons against it and nothing changed.

    `added` has the records by suite, where they lie now; `present` the submitted files whose record was there already;
    `regenerated` the generated files that were not right.
    """

    added: dict[str, list[Found]] = field(default_factory=dict)
    present: list[Path] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    regenerated: list[str] = field(default_factory=list)


def submit(
    records: Sequence[Path], board: Path, judge: Judge, generate: Generate, waiting: Callable[[], None] = lambda: None
) -> Submitted:
    """Put records with their outcomes on a board and make its page anew, each suite's folder in one step.

    One reason against any of them and nothing is changed. MixBenchError where the board itself cannot be used.
    """
    with workshop(board, waiting) as shop:
        # The published rows are looked for beside a suite's folder.
        shop.stage(PUBLISHED)
        todo = _Submission(shop, judge)
        for number, path in enumerate(records):
            todo.take(path, number)
        if not todo.result.reasons:
            _publish(todo, generate)
        return todo.result


class _Submission:
    """The records of one submission, staged and judged one after the other."""

    def __init__(self, shop: Workshop, judge: Judge) -> None:
        self.shop, self.judge = shop, judge
        self.result = Submitted()
        self.staged: dict[str, Path] = {}
        self.there: dict[str, list[Found]] = {}

    def take(self, path: Path, number: int) -> None:
        """Stage a record and judge what was staged, so that nothing can change between the two."""
        try:
            content = read_regular(path, MAX_BYTES)
        except MixBenchError as error:
            return self._refuse(path, [Reason(str(path), str(error))])
        try:
            record = self._read(content, number)
        except MixBenchError as error:
            return self._refuse(path, self.judge(path, ()) or [Reason(str(path), str(error))])
        if fault := _unfit(record):
            return self._refuse(path, [Reason(str(path), fault)])
        self._stage(record.suite)
        if any(found.record.digest == record.digest for found in self.there[record.suite]):
            self.result.present.append(path)
            return None
        if fault := self._clash(record):
            return self._refuse(path, [Reason(str(path), fault)])
        return self._place(path, content, record)

    def _read(self, content: bytes, number: int) -> Record:
        put(self.shop.incoming, f"{number}.json", content)
        return load_record(self.shop.incoming / f"{number}.json")

    def _stage(self, suite: str) -> None:
        if suite not in self.staged:
            self.staged[suite] = self.shop.stage(suite, GENERATED)
            (self.staged[suite] / RECORDS).mkdir(exist_ok=True)
            there = self.shop.board / suite / RECORDS
            self.there[suite] = read_records(there) if there.is_dir() else []

    def _clash(self, record: Record) -> str:
        """What speaks against a record beside those that are there already, or nothing."""
        for found in self.there[record.suite]:
            if identity(found.record) == identity(record):
                return f"the board has another record of the same augmentation, backbone and seed: {found.path.name}"
        # Some file systems take names for the same that differ in case.
        taken = {path.name.casefold() for path in (self.staged[record.suite] / RECORDS).iterdir()}
        if taken & {name.casefold() for name in _names(record)}:
            return f"outcomes.file: the board has another {record.outcomes.file}; measure under another suite or name"
        return ""

    def _place(self, path: Path, content: bytes, record: Record) -> None:
        home, (name, outcomes) = self.staged[record.suite] / RECORDS, _names(record)
        try:
            put(home, outcomes, read_regular(path.parent / record.outcomes.file, MAX_FILE))
        except MixBenchError as error:
            return self._refuse(path, self.judge(path, ()) or [Reason(str(path), str(error))])
        put(home, name, content)
        self._refuse(path, self.judge(home / name, self.there[record.suite]))
        found = Found(home / name, record)
        self.there[record.suite].append(found)
        self.result.added.setdefault(record.suite, []).append(found)
        return None

    def _refuse(self, path: Path, reasons: Sequence[Reason]) -> None:
        self.result.reasons += [Reason(str(path), reason.reason) for reason in reasons]


def _publish(todo: _Submission, generate: Generate) -> None:
    for suite, staged in todo.staged.items():
        changed = renew(todo.shop, suite, staged, generate, bool(todo.result.added.get(suite)))
        todo.result.regenerated += [f"{suite}/{name}" for name in changed]
        home = todo.shop.board / suite / RECORDS
        todo.result.added[suite] = [
            Found(home / found.path.name, found.record) for found in todo.result.added.get(suite, ())
        ]


def _names(record: Record) -> tuple[str, str]:
    """A record's file names on a board: what its content says, whatever the submitter's files are called."""
    outcomes = record.outcomes.file
    return outcomes.removesuffix(".npz") + ".json", outcomes


def _unfit(record: Record) -> str:
    if record.augmentation == EXTERNAL or record.seed is None:
        return "augmentation: weights that were trained elsewhere are good for mixbench check, not for a board"
    return "" if is_suite(record.suite) else f"suite: needed a name such as digits, got {record.suite!r}"


def read_regular(path: Path, most: int) -> bytes:
    """Return a regular file's bytes; MixBenchError for a link, a pipe, a folder or more than `most` bytes."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with _opened(path, flags) as file:
            content = file.read(most + 1)
    except OSError as error:
        raise MixBenchError(f"{path.name}: needed a readable file, no link, got {error.strerror}") from None
    if len(content) > most:
        raise MixBenchError(f"{path.name}: at most {most} bytes")
    return content


def _opened(path: Path, flags: int) -> BinaryIO:
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise MixBenchError(f"{path.name}: needed a regular file; give the record itself")
    return os.fdopen(handle, "rb")
