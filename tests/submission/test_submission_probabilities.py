"""What a softmax can give is accepted whatever the logits, and what none can give is refused."""

import numpy as np
import pytest

from mixbench.submission.checks.probabilities import check_probabilities, check_scaled

RNG = np.random.default_rng(7)


def softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)


def outcomes(logits, temperatures=(1.0, 1.0), number="float64"):
    """The outcomes of logits (N, K) whose true labels are drawn; the halves take turns."""
    n, classes = logits.shape
    labels, p = RNG.integers(classes, size=n), softmax(logits)
    true = logits[np.arange(n), labels][:, None]
    half = np.arange(n) % 2 > 0
    scaled = softmax(logits / np.where(half, *temperatures[::-1])[:, None]).max(axis=1)
    log_p = logits - logits.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    return {
        "clean.rank": 1 + (logits > true).sum(axis=1),
        "clean.confidence": p.max(axis=1).astype(number),
        "clean.log_probability": log_p[np.arange(n), labels].astype(number),
        "clean.squared_sum": (p**2).sum(axis=1).astype(number),
        "scaled.half": half,
        "scaled.confidence": scaled,
    }


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize("temperatures", [(1.0, 1.0), (0.01, 100.0), (0.3, 3.0), (1.0001, 0.9999)])
def test_what_a_softmax_gives_is_accepted(classes, scale, temperatures):
    logits = RNG.normal(size=(400, classes)) * scale * RNG.exponential(size=(400, 1))
    for number in ("float64", "float32"):
        assert list(check_probabilities("clean", classes, outcomes(logits, number=number))) == []
    assert list(check_scaled(outcomes(logits, temperatures), classes, softmax=True)) == []


def found(change, softmax=True):
    made = outcomes(RNG.normal(size=(400, 10)) * 3, (0.5, 2.0))
    change(made)
    return [*check_probabilities("clean", 10, made), *check_scaled(made, 10, softmax)]


def set_true(probability):
    def change(made):
        wrong = made["clean.rank"] > 1
        value = probability(made["clean.rank"][wrong], made["clean.confidence"][wrong])
        made["clean.log_probability"][wrong] = np.log(np.maximum(value, 1e-30))

    return change


def set_scaled(value):
    return lambda made: made.update({"scaled.confidence": value(made["scaled.confidence"], made["clean.rank"] == 1)})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_true(lambda rank, sure: np.minimum(sure, 1 / rank)), "too high for the true label's rank"),
        (set_true(lambda _, sure: 0 * sure), "too low for the true label's rank"),
        (lambda made: made.update({"clean.squared_sum": made["clean.confidence"]}), "not a sum of squares"),
        (set_scaled(lambda _, right: np.where(right, 1.0, 0.0)), "scaled.confidence: less than by chance"),
        (set_scaled(lambda _, right: np.where(right, 1.0, 0.2)), "by no one temperature"),
        (set_scaled(lambda sure, _: np.clip(sure * 1.02, 0.1, 1)), "by no one temperature"),
    ],
)
def test_what_no_softmax_gives_is_refused(change, words):
    assert any(words in reason for reason in found(change))


def test_another_link_scales_in_one_direction_at_least():
    assert any("temperature" in reason for reason in found(set_scaled(lambda _, right: np.where(right, 1, 0.2)), False))
