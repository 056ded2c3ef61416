"""A record as a board takes it: written anew, so that nothing of the submitter's file is left but what was checked."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixbench.board.describe import describe
from mixbench.board.regenerate import writing
from mixbench.results.arrays import normal
from mixbench.results.curves import curves_of, label_noise_of
from mixbench.results.flags import flags_of
from mixbench.results.found import RECORDS
from mixbench.results.measures import read
from mixbench.results.outcomes import dump, load_outcomes, shared_of, with_eps
from mixbench.results.record import Record, seal
from mixbench.results.shared import SHARED, lean
from mixbench.spec.whole import write_atomically

MOST_NAME = 100


class Written(NamedTuple):
    """The two files of a record by their common name, without its ending."""

    name: str
    record: bytes
    outcomes: bytes

    def put(self, home: Path) -> Path:
        """Write both into a folder, each whole or not at all and the outcomes first; MixBenchError where it cannot.

        Among records the outcomes leave out what the suite's folder has for all, where theirs are the same bytes.
        """
        path, shared = home / f"{self.name}.json", home.parent / SHARED
        can_be_lean = home.name == RECORDS and shared.is_file()
        outcomes = lean(self.outcomes, shared_of(shared)) if can_be_lean else self.outcomes
        with writing(home.parent.parent):
            write_atomically(home / f"{self.name}.npz", outcomes)
            write_atomically(path, self.record)
        return path


def written_anew(path: Path, record: Record) -> Written:
    """Return the files of a record that nothing speaks against: arrays packed again, every number computed from them.

    The same outcomes of the same measurement have one name everywhere. MixBenchError where outcomes cannot be read.
    """
    outcomes = _normal(path, record)
    content_of_outcomes = dump(outcomes)
    sha256 = hashlib.sha256(content_of_outcomes).hexdigest()
    name = f"{_slug(record)}-seed{record.seed}-{sha256[:8]}"
    content: dict[str, Any] = record.model_dump(mode="json", exclude={"digest"}, exclude_unset=True)
    eps = list(record.settings["eps_curve"])
    readings = read(with_eps(outcomes, eps))
    content |= {
        "readings": {each: reading.model_dump() for each, reading in readings.items() if each in record.readings},
        "curves": curves_of(outcomes, eps),
        "label_noise": label_noise_of(outcomes),
        "flags": flags_of(outcomes),
        "outcomes": {**content["outcomes"], "file": f"{name}.npz", "sha256": sha256},
    }
    return Written(name, seal(content), content_of_outcomes)


def packed(path: Path, record: Record) -> bytes:
    """Return a record's outcomes packed anew, arrays by name; MixBenchError where they cannot be read."""
    return dump(_normal(path, record))


def _normal(path: Path, record: Record) -> dict[str, np.ndarray]:
    outcomes = load_outcomes(path.parent / record.outcomes.file)
    return {name: normal(values) for name, values in sorted(outcomes.items())}


def _slug(record: Record) -> str:
    text = f"{record.suite}-{record.backbone}-{describe(record.augmentation).label}"
    return re.sub(r"[^A-Za-z0-9._]+", "-", text)[:MOST_NAME].strip("-.")
