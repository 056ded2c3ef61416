"""Measures that are younger than a record come from the outcomes beside it, and from nowhere else."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mixbench.board.read import read_board
from mixbench.results.complete import completed
from mixbench.results.found import Found
from mixbench.results.measures import BY_NAME, MEASURES, read
from mixbench.results.outcomes import dump, load_outcomes, with_eps
from mixbench.results.record import load_record

GOLDEN = next((Path(__file__).parents[1] / "golden").glob("*.json"))
NAMES = [measure.name for measure in MEASURES]


@pytest.fixture
def found(tmp_path) -> Found:
    for path in (GOLDEN, GOLDEN.with_suffix(".npz")):
        shutil.copy(path, tmp_path)
    return Found(tmp_path / GOLDEN.name, load_record(tmp_path / GOLDEN.name))


def test_an_old_record_gets_what_its_outcomes_give_and_keeps_what_it_says(found):
    whole = completed(found, NAMES).record.readings
    expected = read(with_eps(load_outcomes(GOLDEN.with_suffix(".npz")), found.record.settings["eps_curve"]))
    assert whole.keys() == expected.keys() > found.record.readings.keys()
    assert all(BY_NAME[name].since > 1 for name in whole.keys() - found.record.readings.keys())
    assert all(whole[name] == found.record.readings[name] for name in found.record.readings)
    assert whole["selective.augrc"] == expected["selective.augrc"]


def test_only_what_is_asked_for_is_read(found):
    assert completed(found, ["clean.top1_error"]) is found
    more = completed(found, ["selective.aurc"]).record.readings.keys() - found.record.readings.keys()
    assert more == {"selective.aurc"}


def test_a_group_that_the_record_has_not_stays_blank(found):
    assert not [name for name in completed(found, NAMES).record.readings if name.startswith("apgd.")]


@pytest.mark.parametrize("broken", ["none", "others", "scalars"])
def test_outcomes_that_give_nothing_leave_the_record_as_it_is(found, broken):
    place = found.path.with_suffix(".npz")
    if broken == "none":
        place.unlink()
    elif broken == "others":
        place.write_bytes(dump({"labels": np.zeros(3, dtype=np.uint16)}))
    else:
        outcomes = load_outcomes(place)
        place.write_bytes(dump({**outcomes, "clean.rank": np.array(1, dtype=np.uint16)}))
    assert completed(found, NAMES).record.readings == found.record.readings


def test_a_board_has_the_measures_that_are_asked_for(found):
    plain, whole = (read_board(found.path.parent, complete=names).groups[0].rows[0].cells for names in ((), NAMES))
    assert "selective.aurc" not in plain
    assert whole["selective.aurc"].n == 360
    assert {name: cell.value for name, cell in plain.items()} == {name: whole[name].value for name in plain}
