"""What lies in a runs folder: records and other uses, and of the store's artefacts which of them needs which."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mixbench.results.record import Record, load_record
from mixbench.runs.store import CHECKPOINTS, MANIFEST, storage_errors
from mixbench.runs.uses import USES, Use, read_use, use_paths
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown

RECORDS, UNKNOWN = "records", "unknown"
PARTIAL, LOCKS, TRAININGS = "partial", "locks", "trainings"


@dataclass(frozen=True)
class Held:
    """A record's files, a use or one artefact: its bytes, and the names of the records' and uses' files that need it.

    `needed_by` is None where that cannot be told, of what an earlier version made.
    """

    name: str
    kind: str
    path: Path
    bytes: int
    needed_by: tuple[str, ...] | None

    @property
    def idle(self) -> bool:
        """Whether nothing needs it."""
        return self.needed_by == () and self.kind not in (RECORDS, USES)


def ledger(runs: Path) -> list[Held]:
    """Return what lies in a runs folder, records first, then other uses; MixBenchError where there is none.

    A *.json that is no record, or a use that cannot be read, may be a newer version's, whose needs nobody here knows:
    it is listed as of unknown kind.
    """
    if not runs.is_dir():
        raise MixBenchError(f"runs folder {shown(runs)}: needed a folder, got none there; 'mixbench eval' makes it")
    records = {path: _read(path) for path in sorted(runs.glob("*.json"))}
    uses = {path: _use(path) for path in use_paths(runs)}
    listed = [_record(path, record) for path, record in records.items()] + [_used(*each) for each in uses.items()]
    folders = sorted(path for path in (runs / "store").glob("*/*") if path.is_dir() and path.parent.name != LOCKS)
    manifests = {path: _manifest(path) for path in folders}
    surrogates = {path.name: each["needs"][0] for path, each in manifests.items() if each and _is_transfer(path, each)}
    needs = _Needs(
        {path.name: record for path, record in records.items() if record},
        {path.name: frozenset(use.artefacts) for path, use in uses.items() if use},
        surrogates,
    )
    return listed + [_artefact(path, manifest, needs) for path, manifest in manifests.items()]


def drop(runs: Path, held: Iterable[Held]) -> list[Held]:
    """Remove idle artefacts and return those that were; what somebody is at work on stays."""
    gone = []
    with storage_errors(runs):
        for each in held:
            if each.idle and _removed(runs, each):
                gone.append(each)
    return gone


def busy(runs: Path) -> bool:
    """Whether a process is making something there right now."""
    return any(not _free(path) for path in sorted((runs / "store" / LOCKS).glob("*.lock")))


def _read(path: Path) -> Record | None:
    try:
        return load_record(path)
    except MixBenchError:
        return None


def _record(path: Path, record: Record | None) -> Held:
    files = [path, *([path.with_name(record.outcomes.file)] if record else [])]
    size = sum(file.stat().st_size for file in files if file.is_file())
    return Held(path.name, RECORDS if record else UNKNOWN, path, size, () if record else None)


def _use(path: Path) -> Use | None:
    try:
        return read_use(path)
    except MixBenchError:
        return None


def _used(path: Path, use: Use | None) -> Held:
    return Held(path.name, USES if use else UNKNOWN, path, path.stat().st_size, () if use else None)


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    except (OSError, ValueError, RecursionError):
        return None


def _is_transfer(path: Path, manifest: dict[str, Any]) -> bool:
    return path.parent.name == "transfer" and bool(manifest.get("needs"))


@dataclass(frozen=True)
class _Needs:
    """What records and other uses need, by their files' names; the surrogate of each transfer."""

    records: Mapping[str, Record]
    uses: Mapping[str, frozenset[str]]
    surrogates: Mapping[str, str]

    def of(self, path: Path, manifest: dict[str, Any]) -> tuple[str, ...]:
        """Return the files that need an artefact."""
        records = [name for name, record in self.records.items() if self._needs(record, path, manifest)]
        return (*records, *(name for name, digests in self.uses.items() if path.name in digests))

    def _needs(self, record: Record, path: Path, manifest: dict[str, Any]) -> bool:
        if path.parent.name == TRAININGS:
            return path.name in record.trainings.values()
        surrogate, model = record.trainings.get("surrogate"), record.trainings.get("model")
        if path.name in self.surrogates:
            return self.surrogates[path.name] == surrogate
        needs = manifest["needs"]
        if model is None:
            # Weights from elsewhere are told apart by their model's description, which has their digest.
            return manifest.get("model", record.model) == record.model
        return model in needs and all(self.surrogates[need] == surrogate for need in needs if need in self.surrogates)


def _artefact(path: Path, manifest: dict[str, Any] | None, needs: _Needs) -> Held:
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    if path.parent.name == CHECKPOINTS:
        return Held("kept of a training that is not finished", CHECKPOINTS, path, size, ())
    if path.suffix == f".{PARTIAL}" or manifest is None:
        return Held("left behind by a write that did not end", PARTIAL, path, size, ())
    title, kind = str(manifest.get("title", path.name)), path.parent.name
    known = kind == TRAININGS or "needs" in manifest
    return Held(title, kind, path, size, needs.of(path, manifest) if known else None)


def _removed(runs: Path, held: Held) -> bool:
    kind = TRAININGS if held.kind == CHECKPOINTS else held.path.parent.name
    lock = FileLock(runs / "store" / LOCKS / f"{kind}-{held.path.stem}.lock")
    try:
        with lock.acquire(timeout=0):
            doomed = held.path.with_name(f"{held.path.stem}.{PARTIAL}")
            if doomed != held.path:
                shutil.rmtree(doomed, ignore_errors=True)
                held.path.rename(doomed)
            shutil.rmtree(doomed)
            return True
    except Timeout:
        return False


def _free(path: Path) -> bool:
    try:
        with FileLock(path).acquire(timeout=0):
            return True
    except Timeout:
        return False
