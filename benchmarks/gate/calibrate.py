"""The gate's shipped calibrations, from the boards' verified records.

    python benchmarks/gate/calibrate.py [BOARD]

Only the first three seeds of each row count: further ones are left for the passport, which is never measured on what
the gate was calibrated with. Of a method whose newer version is not on the board yet its older one is taken.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mixbench.gate.calibrate import calibrations
from mixbench.gate.calibration import SHIPPED, calibration_bytes, file_name
from mixbench.results.found import BOARD, RECORDS, SUPERSEDED, Found, read_records

SUITES = ("digits", "fashion-mnist-small")
SEEDS = 3


def main(board: Path) -> None:
    """Write a file for each suite and backbone."""
    SHIPPED.mkdir(exist_ok=True)
    for suite in SUITES:
        for made in calibrations(records(board / suite), SEEDS):
            path = SHIPPED / file_name(made.suite, made.backbone, made.suite_digest)
            path.write_bytes(calibration_bytes(made))
            sys.stdout.write(f"{path}: {len(made.trainings)} trainings of {len(made.seeds)} methods, d0 {made.prior}\n")


def records(suite: Path) -> list[Found]:
    """Return the newest verified records of each method."""
    newest = read_records(suite, (RECORDS,))
    there = {each.record.augmentation for each in newest}
    older = [each for each in read_records(suite, (SUPERSEDED,)) if each.record.augmentation not in there]
    return [*newest, *older]


if __name__ == "__main__":
    main(Path(*sys.argv[1:2] or [BOARD]))
