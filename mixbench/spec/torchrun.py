"""Whether torchrun started this process beside others, for trainings on several GPUs."""

from __future__ import annotations

import os


def processes() -> int:
    """Return how many processes torchrun started, 1 where it started none."""
    return int(os.environ["WORLD_SIZE"]) if _by_torchrun() else 1


def rank() -> int:
    """Return this process's place among them, from 0; the first one speaks and keeps."""
    return int(os.environ["RANK"]) if _by_torchrun() else 0


def _by_torchrun() -> bool:
    # Schedulers set WORLD_SIZE too, for processes that know nothing of one another.
    return "TORCHELASTIC_RUN_ID" in os.environ
