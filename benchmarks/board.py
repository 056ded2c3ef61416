"""The board's table at 10 … 10,000 records: the shipped ones of digits, copied under further seeds; whole processes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from measured import Row, Settings, process, timed

from mixbench.results.found import BOARD, RECORDS
from mixbench.results.outcomes import read_outcomes
from mixbench.results.record import seal

SHIPPED = Path(BOARD, "digits", RECORDS)
STEP = 1000
"""Between the seeds of a record's copies: more than any shipped seed."""


def measure(settings: Settings) -> Iterator[Row]:
    """Yield the seconds at each size."""
    sizes = {10: settings.repeats, 100: settings.few(3)}
    sizes |= {} if settings.quick else {1000: settings.few(2)}
    sizes |= {10_000: 1} if settings.long else {}
    for size, repeats in sizes.items():
        with tempfile.TemporaryDirectory() as folder:
            fill(Path(folder), size)
            words = ("-m", "mixbench", "leaderboard", "--board", folder, "--suite", "digits")
            seconds = [timed(partial(process, *words)) for _ in range(repeats)]
        yield Row("board", f"table of {size} records", "s", seconds)


def fill(folder: Path, size: int) -> None:
    """Put so many records into a folder; outcomes are linked, not copied, and whole."""
    shipped = sorted(SHIPPED.glob("*.json"))
    for path in shipped[:size]:
        (folder / f"{path.stem}.whole").write_bytes(read_outcomes(path.with_suffix(".npz")))
    for place in range(size):
        turn, which = divmod(place, len(shipped))
        path = shipped[which]
        content = json.loads(path.read_text(encoding="utf-8"))
        del content["digest"]
        content["seed"] += turn * STEP
        name = f"{path.stem}-{turn}"
        os.link(folder / f"{path.stem}.whole", folder / f"{name}.npz")
        content["outcomes"]["file"] = f"{name}.npz"
        (folder / f"{name}.json").write_bytes(seal(content))
