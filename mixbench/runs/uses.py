"""What of a store is used without a record: a small file a use, which counts like a record where idle things go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Len
from pydantic import Field, ValidationError

from mixbench.runs.jobs.job import Job
from mixbench.runs.store import Store, storage_errors
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown
from mixbench.spec.regular import read_regular
from mixbench.spec.strict import Strict
from mixbench.spec.whole import write_atomically

USES = "uses"
"""The folder of uses within a runs folder. Their names have no .json at their end, since such files are records."""

MAX_BYTES = 10_000_000


class Use(Strict):
    """What uses artefacts, for people, and their digests."""

    version: Literal[1] = 1
    used_by: Annotated[str, Len(1, 500)]
    artefacts: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]


def note_use(runs: Path, used_by: str, jobs: Iterable[Job]) -> None:
    """Note that the jobs' artefacts are used, beside those that were noted under this name before.

    MixBenchError where the runs folder takes no file, or has one there that cannot be read.
    """
    path = runs / USES / _name(used_by)
    wanted = {job.digest for job in jobs if job.makes}
    if wanted <= _noted(path):
        return
    with Store(runs).lock(USES, path.name), storage_errors(runs):
        use = Use(used_by=used_by, artefacts=sorted(_noted(path) | wanted))
        write_atomically(path, (use.model_dump_json(indent=1) + "\n").encode())


def _noted(path: Path) -> set[str]:
    return set(read_use(path).artefacts) if path.exists() else set()


def read_use(path: Path) -> Use:
    """Read a use; MixBenchError where it is none."""
    try:
        return Use.model_validate_json(read_regular(path, MAX_BYTES))
    except ValidationError:
        raise MixBenchError(f"{shown(path)}: needed a list of artefacts in use, got another file; remove it") from None


def use_paths(runs: Path) -> list[Path]:
    """Return the files of uses in a runs folder, sorted."""
    return sorted(path for path in (runs / USES).glob("*") if not path.name.startswith("."))


def _name(used_by: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", used_by.lower()).strip("-")
    return f"{words[:80]}-{digest(used_by)[:8]}"
