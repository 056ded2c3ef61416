"""The gate's passport, on drawn trainings that differ by chance only."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from gates import calibrate, calibration, training, write

from mixbench.gate.calibration import Calibration, calibration_for
from mixbench.results.found import read_records

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "gate"))

import passport  # pyright: ignore[reportMissingImports]
import rates as measured  # pyright: ignore[reportMissingImports]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> measured.Passport:
    """The passport of seven trainings of one method."""
    folder = tmp_path_factory.mktemp("runs")
    for seed in range(7):
        write(folder, training(40 + seed), seed=seed, trainings={"model": str(seed) * 64})
    return measured.Passport(read_records(folder), calibration())


def test_rates_come_with_their_pairs_and_honest_intervals(made, monkeypatch):
    monkeypatch.setattr(measured, "PLANTED", ("fgsm.black.top1_error",))
    rates = {(rate.seeds, rate.what): rate for rate in made.rates(splits=5)}
    assert [rates[seeds, "false alarm"].pairs for seeds in (1, 2, 3)] == [3, 1, 1]
    for rate in rates.values():
        assert 0 <= rate.low <= rate.rate <= rate.high <= 1
        assert 1 <= rate.splits <= 5
    alarm = rates[3, "false alarm"]
    assert alarm.rate == 0
    # Nothing in one independent pair excludes next to nothing: 1 - 0.025.
    assert alarm.high == pytest.approx(0.975)
    assert "is not shown: up to 98%" in passport.above_aim(alarm)
    assert passport.above_aim(rates[1, "false alarm"]) == ""
    assert rates[3, "finds 2× fgsm.black.top1_error"].rate > 0.5
    assert rates[3, measured.FOUND].rate == rates[3, "finds 2× fgsm.black.top1_error"].rate
    lines = passport._table(made, list(rates.values())).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:5]] == ["| 1", "| 2", "| 3"]
    assert lines[4].startswith("| 3 | 0.0 [0.0, 97.5] | ")
    assert lines[4].endswith(" | 1 |")
    assert "false alarm: aim at most 2% is not shown: up to 98%." in lines


def test_what_the_calibration_has_seen_is_left_out(tmp_path):
    for seed in range(4):
        write(tmp_path, training(40 + seed), seed=seed, trainings={"model": str(seed) * 64})
    calibrate(tmp_path, trainings=["0" * 16, "2" * 16])
    found = read_records(tmp_path)
    known = calibration_for(tmp_path, found[0].record.suite_digest, found[0].record.backbone)
    assert isinstance(known, Calibration)
    seen = measured.Passport(found, known)
    assert (seen.left_out, [[each.record.seed for each in row] for row in seen.rows]) == (2, [[1, 3]])
