"""What one look at the logits tells of each example, against a case worked by hand."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mixbench.battery.subject import Subject, judge, outcomes_of, rank
from mixbench.spec.errors import MixBenchError
from mixbench.training.predict import BATCH

LOG = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.25, 0.25, 0.5]]))


class AsLogits(nn.Module):
    """Takes the first row of the first channel as the logits."""

    def forward(self, images: Tensor) -> Tensor:
        return images[:, 0, 0]


def test_outcomes_by_hand():
    outcomes = outcomes_of(Subject(AsLogits()), LOG + 7, torch.tensor([1, 1, 1]))
    assert outcomes["predicted"].tolist() == [0, 1, 2]
    assert outcomes["rank"].tolist() == [2, 1, 3]
    np.testing.assert_allclose(outcomes["confidence"], [0.5, 0.8, 0.5], rtol=1e-6)
    np.testing.assert_allclose(outcomes["log_probability"], np.log([0.3, 0.8, 0.25]), rtol=1e-5)
    np.testing.assert_allclose(outcomes["squared_sum"], [0.38, 0.66, 0.375], rtol=1e-6)


def test_probabilities_are_those_of_float64():
    outcomes = outcomes_of(Subject(AsLogits()), torch.tensor([[0.0, -30.0, -900.0]] * 3), torch.tensor([0, 1, 2]))
    assert outcomes["confidence"][0] == pytest.approx(1 - math.exp(-30), abs=1e-15)
    assert outcomes["confidence"][0] < 1
    assert outcomes["log_probability"].tolist() == pytest.approx([-math.exp(-30), -30.0, -900.0], rel=1e-3)


def test_the_link_decides_the_probabilities_and_not_the_prediction():
    def halved(logits: Tensor) -> Tensor:
        return (logits / 2).log_softmax(1)

    outcomes = outcomes_of(Subject(AsLogits(), halved), LOG[:1], torch.tensor([0]))
    roots = np.sqrt([0.5, 0.3, 0.2])
    assert outcomes["confidence"][0] == pytest.approx(roots[0] / roots.sum(), rel=1e-6)
    assert outcomes["predicted"].tolist() == [0]


def test_rank_by_hand_and_ties_as_in_argmax():
    logits = torch.tensor([[3.0, 3.0, 1.0], [3.0, 3.0, 1.0], [0.0, 0.0, 0.0], [5.0, 1.0, 1.0]])
    assert rank(logits, torch.tensor([0, 1, 2, 2])).tolist() == [1, 2, 3, 3]


def test_rank_one_is_argmax_also_among_ties():
    logits = torch.randint(4, (500, 6), generator=torch.Generator().manual_seed(0)).float()
    labels = torch.arange(500) % 6
    assert torch.equal(rank(logits, labels) == 1, logits.argmax(1) == labels)


def test_rank_is_the_place_in_a_stable_sort():
    logits = torch.randint(4, (500, 6), generator=torch.Generator().manual_seed(1)).float()
    labels = torch.arange(500) % 6
    order = np.argsort(-logits.numpy(), axis=1, kind="stable")
    expected = [list(row).index(label) + 1 for row, label in zip(order, labels.tolist(), strict=True)]
    assert rank(logits, labels).tolist() == expected


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_logits_that_are_no_numbers_are_refused(bad):
    images = torch.zeros(3, 1, 1, 4)
    images[1, 0, 0, 2] = bad
    with pytest.raises(MixBenchError, match=r"needed finite logits \(N, K\), got shape \(3, 4\), 1 of them NaN"):
        judge(Subject(AsLogits()), images, torch.tensor([0, 1, 2]))


def test_more_images_than_a_batch_keep_their_order():
    images = torch.arange(2 * BATCH + 3).float()[:, None, None, None].expand(-1, 1, 1, 2)
    logits = Subject(AsLogits()).logits(images)
    assert torch.equal(logits[:, 0], torch.arange(2 * BATCH + 3).float())
