"""Which records a word names: a record's file, a folder of one row, or a row of a board or runs folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixbench.augment.build import brief, canonical, composition, versions
from mixbench.augment.table import BY_NAME
from mixbench.compare.column import FEWEST_SEEDS
from mixbench.compare.versus.scope import Scope
from mixbench.results.found import CLAIMS, RECORDS, Found, Status, read_all, read_records, record_paths
from mixbench.results.record import EXTERNAL, Record
from mixbench.spec.digest import canonical_json
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, plain_name, shown
from mixbench.spec.suite import DEFAULT_SUITE, load_suite

Seeds = Mapping[int | None, Found]


@dataclass(frozen=True)
class Side:
    """One method: what it was asked as, its canonical name, its records by seed, and the spec to train more by."""

    word: str
    name: str
    records: Seeds
    spec: str | None = None

    @property
    def label(self) -> str:
        """What people call it."""
        return plain_name(brief(self.name), 60)


def find(board: Path | None, runs: Path | None) -> list[Found]:
    """Read the records of a board, claims too, and of a runs folder, where what is no record is passed over."""
    return [*(read_records(board, (RECORDS, CLAIMS)) if board else ()), *(_of_runs(runs) if runs else ())]


def _of_runs(runs: Path) -> Iterable[Found]:
    for path in record_paths(runs, (RECORDS, CLAIMS)) if runs.is_dir() else ():
        try:
            yield from read_all([path])
        except MixBenchError:
            continue


def scope_of(words: Sequence[str], suite: str | None, backbone: str | None) -> Scope:
    """Return the scope of the first record among words, or where none is or a suite is given, the suite's."""
    files = next((found for word in words if (found := _files(word))), None)
    if files and suite is None and backbone is None:
        return Scope.of(files[0].record)
    return Scope.planned(load_suite(suite or DEFAULT_SUITE), backbone, suite)


def sides_of(words: Sequence[str], scope: Scope, found: Sequence[Found], trained: bool = False) -> list[Side]:
    """Return the sides that words name, files of one row and of different seeds being one.

    `trained` says that rows without records are made. MixBenchError for what is not there or is of another scope.
    """
    sides: list[Side] = []
    for word in words:
        files = _files(word)
        side = _of_files(word, files, scope) if files else _of_row(word, scope, found, trained)
        place = next((i for i, old in enumerate(sides) if files and _continues(old, side)), None)
        if place is None:
            sides.append(side)
        else:
            sides[place] = Side(sides[place].word, side.name, {**sides[place].records, **side.records})
    if len(sides) < 2:
        raise MixBenchError(f"compare: needed two methods or more, got {len(sides)}; name another, such as erm")
    return _told_apart(sides)


def _files(word: str) -> list[Found]:
    path = Path(word)
    if word.endswith(".json"):
        return read_all([path])
    if ".py:" not in word and word not in BY_NAME and path.is_dir():
        found = read_records(path, (RECORDS, CLAIMS))
        if not found:
            raise MixBenchError(f"compare {shown(word)}: needed a folder of records, got none in it; name another")
        return found
    return []


def _of_files(word: str, files: Sequence[Found], scope: Scope) -> Side:
    for each in files:
        if not scope.holds(each.record):
            raise MixBenchError(
                f"compare: needed records under {scope}, got {Scope.of(each.record)} in {shown(each.path)};"
                " measure both the same way"
            )
    rows = {_row(each.record) for each in files}
    if len(rows) > 1:
        raise MixBenchError(
            f"compare {shown(word)}: needed the records of one method, got {len(rows)} methods;"
            f" name them as rows: --runs {shown(word)} erm mixup"
        )
    return Side(word, _name(files[0].record), _by_seed(files))


def _of_row(word: str, scope: Scope, found: Sequence[Found], trained: bool) -> Side:
    alike = [each for each in found if scope.holds(each.record)]
    external = [each for each in alike if each.record.name == word]
    if external:
        return Side(word, word, _by_seed(external))
    made = composition(word)
    name, wanted = canonical(made), versions(made)
    rows = [each for each in alike if each.record.augmentation == name]
    current = [each for each in rows if each.record.method_versions == wanted]
    older = rows if len({canonical_json(each.record.method_versions) for each in rows}) == 1 and not trained else []
    if not (current or older or trained):
        command = shlex.join(["mixbench", "eval", "--aug", word, *scope.asked, "--seed", f"0:{FEWEST_SEEDS}"])
        raise MixBenchError(
            f"compare {plain(word)}: needed its records under {scope}, got none here;"
            f" {plain(command)} makes them, --board or --runs names where others lie"
        )
    return Side(word, name, _by_seed(current or older), word)


def _continues(old: Side, new: Side) -> bool:
    """Whether files are further seeds of a row."""
    first, other = (next(iter(side.records.values())).record if side.records else None for side in (old, new))
    same = first and other and not old.spec and _row(first) == _row(other)
    return bool(same) and not old.records.keys() & new.records.keys()


def _row(record: Record) -> tuple[str, str, str]:
    return record.augmentation, record.name or "", canonical_json(record.method_versions)


def _name(record: Record) -> str:
    return record.name or EXTERNAL if record.augmentation == EXTERNAL else record.augmentation


def _by_seed(found: Iterable[Found]) -> Seeds:
    """Of records of one seed the one that most stands behind: verified, claimed, local."""
    order = tuple(Status)
    best = sorted(found, key=lambda each: (order.index(each.status), each.record.digest), reverse=True)
    made = {each.record.seed: each for each in best}
    return dict(sorted(made.items(), key=lambda item: -1 if item[0] is None else item[0]))


def _told_apart(sides: Sequence[Side]) -> list[Side]:
    """Sides of one name go by what they were asked as."""
    names = [side.name for side in sides]
    return [
        side if names.count(side.name) == 1 else Side(side.word, side.word, side.records, side.spec) for side in sides
    ]
