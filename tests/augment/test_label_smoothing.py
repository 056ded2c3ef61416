"""Label smoothing against PyTorch's own, and by hand."""

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation, composition

LOGITS = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 3, 3])
TARGETS = torch.nn.functional.one_hot(LABELS, 4).float()


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.4, 1.0])
def test_loss_equals_pytorchs(epsilon):
    made = composition(f"label_smoothing(epsilon={epsilon})")
    _, smooth = made.mix(torch.rand(5, 1, 2, 2), TARGETS, np.random.default_rng(0))
    expected = torch.nn.functional.cross_entropy(LOGITS, LABELS, label_smoothing=epsilon)
    assert torch.allclose(made.criterion(LOGITS, smooth), expected)


def test_by_hand():
    _, smooth = augmentation("label_smoothing(epsilon=0.2)").mix(
        torch.rand(5, 1, 2, 2), TARGETS, np.random.default_rng(0)
    )
    assert torch.allclose(smooth[0], torch.tensor([0.85, 0.05, 0.05, 0.05]))


def test_smooths_after_mixing():
    """Targets are mixed first, then smoothed: the smallest target is ε/K."""
    _, targets = composition("label_smoothing(epsilon=0.2)+mixup").mix(
        torch.rand(5, 1, 2, 2), TARGETS, np.random.default_rng(0)
    )
    assert torch.allclose(targets.min(1).values, torch.full((5,), 0.05))
    assert torch.allclose(targets.sum(1), torch.ones(5))
