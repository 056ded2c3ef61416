"""Risk over coverage against the definitions written out, ranks of scikit-learn, and example by example left out."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mixbench.results.selective import augrc, aurc, contributions, error_at

RULES = {"aurc": aurc, "augrc": augrc, "error_at_90": error_at(0.9)}


def drawn(seed: int, n: int, levels: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, few different ones where `levels` says so, and errors that are likelier where they are low."""
    rng = np.random.default_rng(seed)
    sure = rng.random(n) if levels is None else rng.integers(1, levels + 1, n) / levels
    return sure, rng.random(n) > 0.2 + 0.7 * sure


def by_definition(name: str, sure: np.ndarray, wrong: np.ndarray) -> float:
    """Answer the surest first, one after another; among equals each in its turn stands for all, by their mean."""
    order = np.argsort(-sure, kind="stable")
    errors = np.array([wrong[sure == level].mean() for level in sure])[order]
    n, answered, risks, joint = len(sure), 0.0, [], []
    for place, error in enumerate(errors, start=1):
        answered += error
        risks.append(answered / place)
        joint.append(answered / n)
    return {"aurc": np.mean(risks), "augrc": np.mean(joint), "error_at_90": risks[int(np.ceil(0.9 * n)) - 1]}[name]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("n", "levels"), [(200, None), (200, 7), (41, 3), (10, 1), (2, None)])
def test_values_are_those_of_the_definition(name, n, levels):
    sure, wrong = drawn(n, n, levels)
    assert contributions(sure, wrong, RULES[name]).mean() == pytest.approx(by_definition(name, sure, wrong), abs=1e-12)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("levels", [None, 4])
def test_contributions_are_leave_one_out_pseudo_values_moved_onto_the_value(name, levels):
    sure, wrong = drawn(3, 30, levels)
    whole = by_definition(name, sure, wrong)
    left = [by_definition(name, np.delete(sure, place), np.delete(wrong, place)) for place in range(30)]
    pseudo = 30 * whole - 29 * np.array(left)
    np.testing.assert_allclose(
        contributions(sure, wrong, RULES[name]), pseudo - pseudo.mean() + whole, rtol=0, atol=1e-10
    )


@pytest.mark.parametrize("levels", [None, 5])
def test_augrc_is_what_the_roc_of_failures_gives(levels):
    """Traub et al., 2024, equation 7, with the half error that a finite sample adds."""
    sure, wrong = drawn(4, 500, levels)
    error, auroc = wrong.mean(), roc_auc_score(~wrong, sure)
    expected = (1 - auroc) * error * (1 - error) + error**2 / 2 + error / (2 * 500)
    assert contributions(sure, wrong, augrc).mean() == pytest.approx(expected, abs=1e-12)


def test_by_hand():
    """From the surest: right, wrong, right, wrong. Risks 0, 1/2, 1/3, 1/2."""
    sure, wrong = np.array([0.6, 0.9, 0.7, 0.8]), np.array([True, False, False, True])
    assert contributions(sure, wrong, aurc).mean() == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert contributions(sure, wrong, augrc).mean() == pytest.approx((0 + 1 + 1 + 2) / 16)
    assert contributions(sure, wrong, error_at(0.75)).mean() == pytest.approx(1 / 3)


def test_the_order_of_examples_says_nothing():
    sure, wrong = drawn(5, 300, 6)
    order = np.random.default_rng(0).permutation(300)
    for rule in RULES.values():
        each = contributions(sure, wrong, rule)
        np.testing.assert_allclose(contributions(sure[order], wrong[order], rule), each[order], atol=1e-12)


def test_the_standard_error_of_contributions_is_that_of_new_samples():
    """Over 400 samples of 300 the value's standard deviation is what one sample's contributions say, within 15 %."""
    for rule in RULES.values():
        made = [contributions(*drawn(seed, 300), rule) for seed in range(400)]
        told = np.sqrt(np.mean([each.var(ddof=1) for each in made]) / 300)
        assert told == pytest.approx(np.std([each.mean() for each in made]), rel=0.15)
