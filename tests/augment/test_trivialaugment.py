from functools import partial

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from mixbench.augment.methods.trivialaugment import WIDE, TrivialAugment
from mixbench.augment.tools import operations
from mixbench.augment.tools.policy import NAMES
from mixbench.testing import example_batch


@pytest.mark.parametrize(("channels", "size"), [(1, (8, 8)), (3, (20, 25))])
def test_equals_torchvision_by_the_same_draws(monkeypatch, channels, size):
    images, targets, _ = example_batch(12, channels, size, 0)
    images = torch.cat([images] * 4)
    changed, same = TrivialAugment().mix(images, targets, np.random.default_rng(6))
    rng = np.random.default_rng(6)
    library = v2.TrivialAugmentWide()
    for image, result in zip(images, changed, strict=True):
        draws = {14: int(rng.integers(14)), 31: int(rng.integers(31))}
        sign = rng.random()
        with monkeypatch.context() as patch:
            # Magnitudes in float64 like ours: torchvision's float32 can move a product across a whole grey level.
            patch.setattr(torch, "linspace", partial(torch.linspace, dtype=torch.float64))
            patch.setattr(torch, "randint", lambda high, size, draws=draws: torch.tensor(draws[high]))
            patch.setattr(torch, "rand", lambda size, sign=sign: torch.tensor(sign))
            expected = library((image * 255).round().to(torch.uint8))
        assert torch.equal((result * 255).round().to(torch.uint8), expected)
    assert same is targets


def test_every_operation_and_magnitude_is_drawn(monkeypatch):
    seen = []
    monkeypatch.setattr(operations, "run", lambda images, steps: seen.append(steps) or images)
    n = 14 * 31 * 20
    TrivialAugment().mix(torch.zeros(n, 3, 32, 32), torch.ones(n, 1), np.random.default_rng(0))
    (step,) = seen[0]
    for name in NAMES:
        count = sum(name == other for other, _ in step)
        # 620 expected, standard deviation 24: within 450 to 790 but for one in 10^10.
        assert 450 < count < 790
        possible = {abs(WIDE.magnitude(name, place, 31, (32, 32))) for place in range(31)}
        assert {abs(magnitude) for other, magnitude in step if other == name} == possible


def test_images_of_a_batch_are_changed_differently():
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    changed, _ = TrivialAugment().mix(image.expand(32, -1, -1, -1), torch.ones(32, 1), np.random.default_rng(0))
    assert len(torch.unique(changed, dim=0)) > 16
