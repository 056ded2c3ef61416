"""What a plan says of arithmetic, storage, cards and side-by-side time, against hand counts and published rates."""

import pytest
import torch
from tiny import copied_runs, plan_of, suite_path
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mixbench.runs.cards import ARITHMETIC, BANDWIDTH, CARDS, LAUNCH_SECONDS, Card, Pace, pace_on
from mixbench.runs.cost import costs, seconds_left
from mixbench.runs.passes import Passes
from mixbench.runs.sizes import SHIPPED, measured_size, size_of
from mixbench.runs.store import MANIFEST, Store
from mixbench.spec.sections.model import Model
from mixbench.spec.suite import known_suites, load_suite
from mixbench.training.backbone import random_net
from mixbench.training.operations import Operation, backbone_operations, operations, weight_bytes


def test_a_small_conv_net_by_hand():
    """Two convolutions of 3 × 3 and a matrix: forward, one more for the weights, one more for what goes into each."""
    with torch.device("meta"):
        net = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.ReLU(),
            nn.Conv2d(8, 16, 3, padding=1, stride=2, bias=False), nn.Flatten(), nn.Linear(16 * 4 * 4, 10, bias=False),
        )  # fmt: skip
        images = torch.empty(5, 3, 8, 8)
    first, second, last = 8 * 8 * 8 * 3 * 9, 4 * 4 * 16 * 8 * 9, 16 * 4 * 4 * 10
    forward = 2 * 5 * (first + second + last)
    assert sum(each.flops for each in operations(net, images, "forward")) == forward
    assert sum(each.flops for each in operations(net, images, "attacked")) == 2 * forward
    # The pixels need no gradient.
    assert sum(each.flops for each in operations(net, images.detach(), "trained")) == 3 * forward - 2 * 5 * first


def test_bytes_are_those_that_go_in_and_out_and_views_move_none():
    with torch.device("meta"):
        net, images = nn.Sequential(nn.Flatten(), nn.ReLU()), torch.empty(2, 3, 4, 5)
    (relu,) = operations(net, images, "forward")
    assert relu == (0, 2 * images.numel() * 4)


def test_flops_are_torch_s_own_and_resnet50_s_published():
    """He et al., 2016, Table 1, say 3.8e9 multiplications and additions; with the stride on the 3 × 3 it is 4.1e9."""
    suite = load_suite("imagenet")
    size = measured_size("resnet50", suite.data, suite.model)
    assert size.forward / 2 == pytest.approx(4.09e9, rel=0.005)
    with torch.device("meta"):
        net, images = random_net("resnet50", suite.data).train(), torch.empty(2, 3, 224, 224)
    with FlopCounterMode(display=False) as counter:
        net(images).sum().backward()
    assert counter.get_total_flops() == 2 * size.trained


def test_sizes_of_shipped_suites_are_what_is_counted():
    found = set()
    for suite in known_suites().values():
        size = size_of(suite, suite.backbone)
        assert size == measured_size(suite.backbone, suite.data, suite.model), suite.name
        assert size in SHIPPED.values()
        found.add(size)
    assert found == set(SHIPPED.values())


def test_another_backbone_is_counted():
    suite = load_suite("digits")
    assert size_of(suite, "resnet18").weights == weight_bytes("resnet18", suite.data, Model()) > 4 * 11e6


@pytest.mark.parametrize(
    ("peak", "band", "bfloat16", "published"),
    [(312e12, 2.039e12, True, 2470), (125e12, 0.9e12, True, 1200), (15.7e12, 0.9e12, False, 367)],
)
def test_the_estimate_comes_near_published_rates_of_resnet50(peak, band, bfloat16, published):
    """NVIDIA DeepLearningExamples, ResNet50 v1.5 for PyTorch, one A100 80 GB and one V100 16 GB, batch 256."""
    suite = load_suite("imagenet")
    card = Card("", peak, peak, band, 0, "")
    listed = backbone_operations("resnet50", suite.data, suite.model, 256, "trained", bfloat16)
    assert 256 / card.seconds(listed, bfloat16) == pytest.approx(published, rel=0.2)


def test_a_card_is_bound_by_arithmetic_by_memory_or_by_launches():
    card = Card("", 100e12, 10e12, 1e12, 0, "")
    assert card.seconds([Operation(7 * 10**12, 1)], bfloat16=True) == pytest.approx(0.07 / ARITHMETIC)
    assert card.seconds([Operation(7 * 10**12, 1)], bfloat16=False) == pytest.approx(0.7 / ARITHMETIC)
    assert card.seconds([Operation(1, 10**12)], bfloat16=True) == pytest.approx(1 / BANDWIDTH)
    assert card.seconds([Operation(0, 4)] * 3, bfloat16=True) == pytest.approx(3 * LAUNCH_SECONDS)


def test_more_passes_take_longer_on_a_card_in_proportion():
    suite, card = load_suite("cifar10"), CARDS["a100"]
    pace = pace_on(card, suite, suite.backbone)
    assert pace.forward < pace.attacked < pace.trained
    assert Pace(1, 2, 3).seconds(Passes(10, 20, 30)) == 10 + 40 + 90


def test_storage_is_about_what_lies_in_the_store(tmp_path):
    """Weights and examples to the byte but for their heads; outcomes are packed, to no more than what is said."""
    store = Store(copied_runs(tmp_path))
    found = costs(plan_of(suite_path(), "cutmix"), store)
    assert {cost.kind for cost in found} == {"trainings", "transfer", "examinations"}
    for cost in found:
        files = [path for path in store.folder(cost.kind, cost.digest).iterdir() if path.name != MANIFEST]
        packed = sum(path.stat().st_size for path in files if path.suffix == ".npz")
        tensors = sum(path.stat().st_size for path in files) - packed
        assert 0 < tensors + packed <= cost.stored * 1.03
        assert cost.kind == "examinations" or tensors == pytest.approx(cost.stored, rel=0.03)


def test_the_time_left_is_that_of_the_engine_s_order(tmp_path):
    """Five trainings of a second on two workers, and between the third and the fifth examples and an examination."""
    plan = plan_of(suite_path(), "cutmix")
    found = costs(plan, Store(tmp_path))
    transfer, examination = (cost.seconds for cost in found if cost.kind != "trainings")
    assert (examination, 0 < transfer < 1) == (1.0, True)
    assert seconds_left(plan.jobs, found, 1) == pytest.approx(5 + 1 + transfer)
    # 0-1: both clean ones; then the examples and one noisy training, the examination, another; the last alone.
    assert seconds_left(plan.jobs, found, 2) == pytest.approx(1 + 1 + 1 + transfer)
    assert seconds_left(plan.jobs, [], 2) == 0
