"""Label noise against the binomial law, and the same wrong labels for every method and seed."""

import numpy as np
import pytest
import torch
from scipy.stats import binomtest, chisquare
from tiny import write_suite

from mixbench.augment.build import composition, versions
from mixbench.data.noise import corrupt
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.training.train import train

N, CLASSES, IMPROBABLE = 40_000, 10, 1e-6
LABELS = torch.arange(N) % CLASSES


@pytest.mark.parametrize("level", [0.2, 0.5, 0.8])
def test_shares_follow_the_binomial_law(level):
    given, mask = corrupt(LABELS, CLASSES, level, "digits")
    assert binomtest(int(mask.sum()), N, level).pvalue > IMPROBABLE
    wrong = int((given != LABELS).sum())
    assert binomtest(wrong, N, level * (CLASSES - 1) / CLASSES).pvalue > IMPROBABLE
    assert binomtest(wrong, N, level).pvalue < IMPROBABLE


@pytest.mark.parametrize("level", [0.2, 0.5, 0.8])
def test_draws_are_uniform_over_all_classes_whatever_the_truth(level):
    given, mask = corrupt(LABELS, CLASSES, level, "digits")
    table = np.zeros((CLASSES, CLASSES))
    np.add.at(table, (LABELS[mask].numpy(), given[mask].numpy()), 1)
    assert (np.diag(table) > 0).all()
    for row in table:
        assert chisquare(row).pvalue > IMPROBABLE / CLASSES


def test_labels_outside_the_mask_are_kept_and_the_input_is_left_alone():
    labels = LABELS.clone()
    given, mask = corrupt(labels, CLASSES, 0.5, "digits")
    assert torch.equal(labels, LABELS)
    assert torch.equal(given[~mask], LABELS[~mask])
    assert given.dtype == torch.int64
    assert given.min() >= 0
    assert given.max() < CLASSES


def test_no_noise_and_full_noise():
    given, mask = corrupt(LABELS, CLASSES, 0.0, "digits")
    assert torch.equal(given, LABELS)
    assert not mask.any()
    given, mask = corrupt(LABELS, CLASSES, 1.0, "digits")
    assert mask.all()
    assert binomtest(int((given == LABELS).sum()), N, 1 / CLASSES).pvalue > IMPROBABLE


def test_levels_and_data_sets_have_draws_of_their_own():
    half, again = corrupt(LABELS, CLASSES, 0.5, "digits"), corrupt(LABELS, CLASSES, 0.5, "digits")
    assert torch.equal(half[0], again[0])
    other = corrupt(LABELS, CLASSES, 0.5, "other")
    assert not torch.equal(half[1], other[1])
    fifth = corrupt(LABELS, CLASSES, 0.2, "digits")[1]
    both = int((half[1] & fifth).sum())
    assert binomtest(both, N, 0.1).pvalue > IMPROBABLE


def test_every_method_and_seed_is_given_the_same_wrong_labels(tmp_path):
    suite = load_suite(write_suite(tmp_path, ("epochs = 2", "epochs = 1"), ("batch_size = 480", "batch_size = 1437")))
    given = []
    for aug, seed in (("erm", 0), ("cutout(size=0.5,holes=1)", 7)):
        rest = {"augmentation": aug, "method_versions": versions(composition(aug)), "noise": 0.5, "seed": seed}
        trained = train(TrainingSpec.of(suite, backbone="test_resnet", device="cpu", **rest))
        given.append((trained.given, trained.corrupted))
    assert torch.equal(given[0][0], given[1][0])
    assert torch.equal(given[0][1], given[1][1])
