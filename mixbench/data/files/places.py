"""Where data sets lie: MIXBENCH_DATA, else the platform's cache folder; one folder a data set below it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data


def home() -> Path:
    """Return the folder that downloads go below; MixBenchError where MIXBENCH_DATA names nobody's home."""
    named = os.environ.get("MIXBENCH_DATA")
    try:
        return Path(named).expanduser().absolute() if named else cache()
    except RuntimeError:
        raise MixBenchError(f"MIXBENCH_DATA: needed a folder, got {named!r}, a user who is not here; mend it") from None


def cache() -> Path:
    """Return the platform's cache folder of MixBench."""
    return Path(platformdirs.user_cache_dir("mixbench"))


def candidates(data: Data, below: Sequence[str], elsewhere: Sequence[str] = ()) -> list[Path]:
    """Return the folders that may hold a data set, the likeliest first.

    A suite's own `path` goes alone. `below` are folders below MIXBENCH_DATA and the cache, `elsewhere` absolute ones.
    """
    if data.path is not None:
        return [Path(data.path)]
    roots = dict.fromkeys((home(), cache()))
    return [*(root / folder for root in roots for folder in below), *map(Path, elsewhere)]
