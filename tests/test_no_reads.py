"""Inside a training step and an attack's steps nothing is read from the device: a GPU would wait for each read.

Values read (`.item()`, `if tensor`) are counted on real tensors, where backward passes run too.
"""

import numpy as np
import pytest
import torch
from tiny import plan_of, suite_path
from torch import nn
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from mixbench.battery.attack import ATTACKS, attacking
from mixbench.battery.views import MarginView, PlainView
from mixbench.spec.suite import load_suite
from mixbench.training import train as training
from mixbench.training.optimise import optimiser, set_rate

READS = ("aten::_local_scalar_dense", "aten::is_nonzero", "aten::equal", "aten::nonzero")


class Counting(TorchDispatchMode):
    """Counts what would make a GPU's caller wait."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[str] = []
        self.called: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.called.append(func.name().partition(".")[0])
        if self.called[-1] in READS:
            self.reads.append(func.name())
        return func(*args, **(kwargs or {}))


class OnAGpu(Counting):
    """Leaves out the one kernel that changes all parameters, which needs a real GPU and is torch's own."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if "::_fused_" in func.name():
            self.called.append(func.name().partition(".")[0])
            return None
        return super().__torch_dispatch__(func, types, args, kwargs)


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
    # On the CPU alone torch's fused step reads its own counter (below the step is taken as on a GPU), and one_hot looks
    # whether its labels are in range.
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: None)
    monkeypatch.setattr(nn.functional, "one_hot", lambda labels, classes: torch.eye(classes, dtype=torch.int64)[labels])
    training.train(spec)
    assert len(found) > 2
    assert not [read for reads in found[1:] for read in reads]


@pytest.mark.parametrize("name", ["digits", "cifar10"])
def test_the_optimisers_step_on_a_gpu_reads_nothing(name):
    """AdamW's and SGD's true step but for its kernel, on fake CUDA tensors: they have no values, so a read raises."""
    budget = load_suite(name).training
    with FakeTensorMode():
        model = nn.Linear(4, 3, device="cuda")
        chosen = optimiser(model.parameters(), budget)
        for rate in (0.1, 0.05):
            for parameter in model.parameters():
                parameter.grad = torch.ones_like(parameter)
            set_rate(chosen, rate)
            with OnAGpu() as counting:
                chosen.step()
            assert counting.reads == []
            kernels = [each for each in counting.called if "fused" in each]
            assert kernels == [f"aten::_fused_{budget.optimizer.name}_"]
        held = [value for state in chosen.state.values() for value in state.values()]
        assert {value.device.type for value in held} == {"cuda"}
        with pytest.raises(DataDependentOutputException):
            model.weight.sum().item()


@pytest.mark.parametrize("view", [MarginView, PlainView])
@pytest.mark.parametrize("name", ["fgsm", "ifgsm"])
def test_an_attack_s_steps_read_nothing(name, view):
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).eval()
    images, labels = torch.rand(6, 1, 8, 8), torch.from_numpy(np.arange(6))
    with attacking(model), Counting() as counting:
        seen = view(model, labels).eval()
        ATTACKS[name](seen, 0.1)(images, seen.targets)
    assert counting.reads == []
