"""The table of outcome arrays against what is really kept, and against the battery's own draws."""

from pathlib import Path

import numpy as np
import pytest

from mixbench.results.array import Per
from mixbench.results.arrays import ARRAYS, BY_NAME, ROLES, TRAINING, compact, expected, newest
from mixbench.results.attacks import ATTACKS, CORE
from mixbench.results.outcomes import load_outcomes
from mixbench.results.record import load_record

GOLDEN = next((Path(__file__).parents[1] / "golden").glob("*.json"))


@pytest.fixture(scope="module")
def kept() -> dict[str, np.ndarray]:
    return load_outcomes(GOLDEN.with_suffix(".npz"))


def test_a_record_from_before_every_addition_holds_exactly_the_first_arrays(kept):
    noises = load_record(GOLDEN).label_noise
    assert {array.name for array in expected(("model", *noises), (), 1)} == kept.keys()


def test_types_shapes_and_ranges_are_those_of_what_is_kept(kept):
    settings = load_record(GOLDEN).settings
    data, budget = settings["data"], settings["training"]
    sizes = {
        Per.TEST: data["test_images"], Per.TRAIN: data["train_images"], Per.EPOCH: budget["epochs"],
        Per.PAIR: settings["pairs"], Per.SIDE: 2, Per.LAMBDA: 11, Per.EPS: len(settings["eps_curve"]),
    }  # fmt: skip
    for name, values in kept.items():
        row = BY_NAME[name]
        low, high = row.limits(data["classes"])
        assert (values.dtype.name, values.shape) == (row.kind, row.shape(sizes)), name
        assert low - 1e-6 <= values.min() <= values.max() <= high + 1e-6, name


def test_names_are_unique_and_every_row_says_what_it_is():
    assert len({array.name for array in (*ARRAYS, *TRAINING)}) == len(ARRAYS) + len(TRAINING) == len(BY_NAME)
    assert all(array.meaning and array.kind for array in ARRAYS)


def test_what_comes_later_or_in_a_group_or_from_a_training_is_expected_there_only():
    bare = {array.name for array in expected((), (), 1)}
    assert {array.name for array in expected(("model",), (), 1)} - bare == {f"model.{row.name}" for row in TRAINING}
    assert all(array.group == CORE for array in expected(ROLES, (), 99))
    assert max(array.since for array in expected(ROLES, (), 1)) == 1
    assert newest(CORE) == max(row.since for row in ATTACKS if row.group == CORE)


def test_compacting_keeps_labels_small_clean_numbers_exact_and_attacked_ones_in_half(kept):
    wide = {name: values.astype(np.float64) for name, values in kept.items()}
    again = compact(wide)
    assert {name: values.dtype for name, values in again.items()} == {name: v.dtype for name, v in kept.items()}
    assert all(np.array_equal(again[name], kept[name]) for name in kept)
    with pytest.raises(KeyError):
        compact({"clean.unheard_of": np.zeros(2)})
