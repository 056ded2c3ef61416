"""Records onto a board: judged, written anew among the claims, or in a claim's place by whoever ran it again."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mixbench.board.regenerate import is_suite, regenerate, writing
from mixbench.board.superseded import outdated
from mixbench.results.found import CLAIMS, RECORDS, Found, Status, read_records
from mixbench.results.npz import MAX_FILE
from mixbench.results.outcomes import completed
from mixbench.results.record import EXTERNAL, Record, identity, load_record
from mixbench.results.strict_json import MAX_BYTES
from mixbench.spec.errors import MixBenchError
from mixbench.spec.regular import read_regular
from mixbench.submission.canonical import Written, packed, written_anew
from mixbench.submission.judge import Reason

Judge = Callable[[Path, Sequence[Found]], Sequence[Reason]]
"""Everything that speaks against a record, beside the records that are on the board."""


@dataclass
class Submitted:
    """What became of a submission: the files that came onto the board, or the reasons against it and nothing changed.

    `present` are the submitted files whose measurement was there already.
    """

    added: list[Path] = field(default_factory=list)
    present: list[Path] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)


def submit(records: Sequence[Path], board: Path, judge: Judge, home: str = CLAIMS) -> Submitted:
    """Write records with their outcomes anew into a suite's claims, or into its records where `home` says so.

    One reason against any of them and nothing is changed. The same call goes on after a kill. MixBenchError where the
    board itself cannot be used.
    """
    if not board.exists() and not board.parent.is_dir():
        raise MixBenchError(f"board {board}: needed a folder, or a place for one, got none there; check the path")
    with tempfile.TemporaryDirectory(prefix="mixbench-submit-") as folder:
        todo = _Submission(board, judge, home, Path(folder))
        for path in records:
            todo.take(path)
        if not todo.done.reasons:
            todo.put()
        return todo.done


def verify(records: Sequence[Path], board: Path, judge: Judge) -> Submitted:
    """Put records that were made here into a suite's records, make its board.md anew and remove the claims to them."""
    done = submit(records, board, judge, RECORDS)
    if not done.reasons:
        made = [load_record(path) for path in records]
        for suite in sorted({record.suite for record in made}):
            regenerate(board / suite)
            _remove_claims(board / suite, {identity(record) for record in made})
    return done


def settle(path: Path, board: Path) -> bool:
    """Say whether a claim's measurement is verified already, and remove the claims to it then."""
    if path.parent.name != CLAIMS:
        return False
    record = load_record(path)
    folder, one = board / record.suite, identity(record)
    if one not in {identity(found.record) for found in _records(folder, (RECORDS,))}:
        return False
    regenerate(folder)
    _remove_claims(folder, {one})
    return True


def _remove_claims(folder: Path, verified: Collection[str]) -> None:
    """Outcomes first: a claim that lost only these is removed by the next call."""
    for found in _records(folder, (CLAIMS,)):
        if found.status is Status.CLAIMED and identity(found.record) in verified:
            (found.path.parent / found.record.outcomes.file).unlink(missing_ok=True)
            found.path.unlink(missing_ok=True)


def _records(folder: Path, homes: Collection[str]) -> list[Found]:
    return read_records(folder, homes) if any((folder / home).is_dir() for home in homes) else []


class _Submission:
    """The records of one submission, copied and judged one after the other."""

    def __init__(self, board: Path, judge: Judge, home: str, copies: Path) -> None:
        self.board, self.judge, self.home, self.copies = board, judge, home, copies
        self.done, self.taken = Submitted(), list[tuple[Record, Written]]()
        self.there: dict[str, list[Found]] = {}

    def take(self, path: Path) -> None:
        """Copy a record and judge the copy, so that what was judged is what is written."""
        try:
            copied = self._copy(path)
            record = load_record(copied)
        except MixBenchError as error:
            return self._refuse(path, self.judge(path, ()) or [Reason(str(path), str(error))])
        if fault := _unfit(record):
            return self._refuse(path, [Reason(str(path), fault)])
        there = self._beside(record.suite)
        if _is_there(copied, record, there, self.home):
            return self.done.present.append(path)
        if reasons := self.judge(copied, there):
            return self._refuse(path, reasons)
        there.append(Found(copied, record))
        return self.taken.append((record, written_anew(copied, record)))

    def put(self) -> None:
        """Write everything that was taken."""
        for record, written in self.taken:
            self.done.added.append(written.put(_home(self.board, record.suite, self.home)))

    def _copy(self, path: Path) -> Path:
        folder = self.copies / str(len(list(self.copies.iterdir())))
        folder.mkdir()
        copied = folder / "record.json"
        copied.write_bytes(read_regular(path, MAX_BYTES))
        outcomes = path.parent / load_record(copied).outcomes.file
        (folder / outcomes.name).write_bytes(completed(outcomes, read_regular(outcomes, MAX_FILE)))
        return copied

    def _beside(self, suite: str) -> list[Found]:
        """The records that a new one would stand beside; who ran it again needs not heed the claims."""
        if suite not in self.there:
            self.there[suite] = _records(self.board / suite, (RECORDS,) if self.home == RECORDS else (RECORDS, CLAIMS))
        return self.there[suite]

    def _refuse(self, path: Path, reasons: Sequence[Reason]) -> None:
        self.done.reasons += [Reason(str(path), reason.reason) for reason in reasons]


def _is_there(path: Path, record: Record, there: Sequence[Found], home: str) -> bool:
    """Whether a record of the same measurement is among the records, or has the same outcomes, however packed."""
    twins = [found.record.outcomes.sha256 for found in there if identity(found.record) == identity(record)]
    if not twins or home == RECORDS:
        return bool(twins)
    try:
        return hashlib.sha256(packed(path, record)).hexdigest() in twins
    except MixBenchError:
        return False


def _unfit(record: Record) -> str:
    if record.augmentation == EXTERNAL or record.seed is None:
        return "augmentation: weights that were trained elsewhere are good for mixbench check, not for a board"
    if not is_suite(record.suite):
        return f"suite: needed a name such as digits, got {record.suite!r}"
    if old := outdated(record):
        return f"method_versions: of {', '.join(old)} there is a newer version; measure again"
    return ""


def _home(board: Path, suite: str, home: str) -> Path:
    """Return a suite's folder for records, made where it is not there; MixBenchError where it leads elsewhere."""
    for folder in (board, board / suite, board / suite / home):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise MixBenchError(f"board {board}: {str(folder)!r} is a link or no folder; remove it")
        with writing(board):
            folder.mkdir(exist_ok=True)
    return board / suite / home
