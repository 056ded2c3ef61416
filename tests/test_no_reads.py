"""Inside a training step and an attack's steps nothing is read from the device: a GPU would wait for each read.

Values read (`.item()`, `if tensor`) are counted on real tensors, where backward passes run too.
"""

import numpy as np
import pytest
import torch
from tiny import plan_of, suite_path
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from mixbench.battery.attack import ATTACKS, attacking
from mixbench.battery.views import MarginView, PlainView
from mixbench.training import train as training

READS = ("aten::_local_scalar_dense", "aten::is_nonzero", "aten::equal", "aten::nonzero")


class Counting(TorchDispatchMode):
    """Counts what would make a GPU's caller wait."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.name().partition(".")[0] in READS:
            self.reads.append(func.name())
        return func(*args, **(kwargs or {}))


def test_a_read_is_counted():
    with Counting() as counting:
        assert bool((torch.ones(2) > 0).all())
        assert torch.ones(3).sum().item() == 3
    assert len(counting.reads) == 2


@pytest.mark.parametrize("aug", ["cutmix", "manifold_mixup", "augmix"])
def test_a_training_step_reads_nothing(monkeypatch, aug):
    """Forward and backward of every step but the first, where what lasts is worked out."""
    spec = plan_of(suite_path(), aug).records[0].trainings["model"]
    step, found = training._step, []

    def counted(*args):
        with Counting() as counting:
            loss = step(*args)
        found.append(counting.reads)
        return loss

    monkeypatch.setattr(training, "_step", counted)
    # On the CPU alone torch's fused step reads its own counter, and one_hot looks whether its labels are in range.
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: None)
    monkeypatch.setattr(nn.functional, "one_hot", lambda labels, classes: torch.eye(classes, dtype=torch.int64)[labels])
    training.train(spec)
    assert len(found) > 2
    assert not [read for reads in found[1:] for read in reads]


@pytest.mark.parametrize("view", [MarginView, PlainView])
@pytest.mark.parametrize("name", ["fgsm", "ifgsm"])
def test_an_attack_s_steps_read_nothing(name, view):
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).eval()
    images, labels = torch.rand(6, 1, 8, 8), torch.from_numpy(np.arange(6))
    with attacking(model), Counting() as counting:
        seen = view(model, labels).eval()
        ATTACKS[name](seen, 0.1)(images, seen.targets)
    assert counting.reads == []
