"""Errors by class, against scikit-learn's."""

import re

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score

from mixbench.results.classes import by_class, conditions
from mixbench.spec.errors import MixBenchError

NAMES = ["cat", "dog", "eel", "fox"]


def outcomes(seed, classes=4):
    """Unequal classes, errors in every one, predictions kept as small integers."""
    rng = np.random.default_rng(seed)
    labels = np.sort(np.random.default_rng(0).choice(classes, 200, p=[0.6, 0.25, 0.1, 0.05])).astype(np.uint16)
    predicted = np.where(rng.random(200) < 0.3, rng.integers(classes, size=200), labels).astype(np.uint16)
    return {"labels": labels, "clean.predicted": predicted, "clean.rank": 1 + (predicted != labels).astype(np.uint16)}


def test_one_record():
    made = outcomes(1)
    found = by_class([made], NAMES)
    truth, said = made["labels"], made["clean.predicted"]
    np.testing.assert_array_equal(found.confusion, confusion_matrix(truth, said))
    np.testing.assert_allclose(found.errors, 1 - recall_score(truth, said, average=None))
    assert found.balanced_error == pytest.approx(1 - balanced_accuracy_score(truth, said))
    assert found.error == pytest.approx((truth != said).mean())
    assert found.errors[found.worst] == found.errors.max()
    assert found.images.tolist() == np.bincount(truth).tolist()


def test_several_records_are_averaged():
    parts = [outcomes(seed) for seed in (1, 2, 3)]
    found = by_class(parts, NAMES)
    each = [1 - recall_score(part["labels"], part["clean.predicted"], average=None) for part in parts]
    np.testing.assert_allclose(found.errors, np.mean(each, axis=0))
    assert found.images.tolist() == np.bincount(parts[0]["labels"]).tolist()


def test_what_a_class_is_most_often_taken_for():
    labels, predicted = np.array([0, 0, 0, 0, 1, 1, 2]), np.array([1, 2, 2, 0, 1, 1, 2])
    found = by_class([{"labels": labels, "noise20.test_predicted": predicted}], NAMES, "noise20")
    assert [found.taken_for(label) for label in range(4)] == [(2, 2), None, None, None]
    assert np.isnan(found.errors[3])
    assert found.balanced_error == pytest.approx(0.25)


def test_a_tie_counts_as_the_readings_count_it():
    tied = {"labels": np.array([0, 1]), "clean.predicted": np.array([0, 1]), "clean.rank": np.array([2, 1])}
    assert by_class([tied], ["a", "b"]).errors.tolist() == [1.0, 0.0]


def test_the_conditions_are_those_of_test_images():
    names = ("labels", "clean.predicted", "fgsm.black.predicted", "model.test_predicted", "noise80.test_predicted")
    there = dict.fromkeys((*names, "noise80.train_predicted"), np.array([0]))
    assert conditions(there) == ["clean", "fgsm.black", "noise80"]


@pytest.mark.parametrize(
    ("parts", "names", "under", "message"),
    [
        ([outcomes(1)], NAMES, "clear", "unknown condition 'clear': the record has clean. Did you mean 'clean'?"),
        ([outcomes(1)], NAMES[:3], "clean", "needed labels of 3 classes"),
        ([outcomes(1), {**outcomes(2), "labels": outcomes(2)["labels"] * 0}], NAMES, "clean", "same test images"),
        ([outcomes(1), {"labels": outcomes(2)["labels"]}], NAMES, "clean", "needed predictions under clean in every"),
    ],
)
def test_what_cannot_be_is_refused(parts, names, under, message):
    with pytest.raises(MixBenchError, match=re.escape(message)):
        by_class(parts, names, under)
