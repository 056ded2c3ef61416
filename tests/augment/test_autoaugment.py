from functools import partial

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from mixbench.augment.methods.autoaugment import AutoAugment
from mixbench.augment.tools import operations
from mixbench.testing import example_batch

POLICY = v2.AutoAugmentPolicy.CIFAR10


@pytest.mark.parametrize(("channels", "size"), [(1, (8, 8)), (3, (20, 25))])
def test_equals_torchvision_by_the_same_draws(monkeypatch, channels, size):
    images, targets, _ = example_batch(12, channels, size, 0)
    images = torch.cat([images] * 4)
    changed, same = AutoAugment().mix(images, targets, np.random.default_rng(6))
    rng = np.random.default_rng(6)
    library = v2.AutoAugment(POLICY)
    for image, result in zip(images, changed, strict=True):
        pair, values = int(rng.integers(25)), rng.random(4)
        with monkeypatch.context() as patch:
            # Magnitudes in float64 like ours: torchvision's float32 can move a product across a whole grey level.
            patch.setattr(torch, "linspace", partial(torch.linspace, dtype=torch.float64))
            patch.setattr(torch, "randint", lambda high, size, pair=pair: torch.tensor(pair))
            uniform = _uniforms(library._policies[pair], values)
            patch.setattr(torch, "rand", lambda size, uniform=uniform: torch.tensor(next(uniform)))
            expected = library((image * 255).round().to(torch.uint8))
        assert torch.equal((result * 255).round().to(torch.uint8), expected)
    assert same is targets


def _uniforms(pair, values):
    """The uniform draws that torchvision asks for: a sign only where an operation is applied and has one."""
    for (name, probability, _), (applied, sign) in zip(pair, values.reshape(2, 2), strict=True):
        yield applied
        if applied <= probability and v2.AutoAugment._AUGMENTATION_SPACE[name][1]:
            yield sign


def test_the_policy_is_the_paper_s(monkeypatch):
    """Two rows of the paper's Table 7 by hand, and every operation of the 25 pairs as often as they say."""
    library = v2.AutoAugment(POLICY)._policies
    assert len(library) == 25
    assert library[0] == (("Invert", 0.1, None), ("Contrast", 0.2, 6))
    assert library[1] == (("Rotate", 0.7, 2), ("TranslateX", 0.3, 9))
    seen = []
    monkeypatch.setattr(operations, "run", lambda images, steps: seen.append(steps) or images)
    n = 10_000
    AutoAugment().mix(torch.zeros(n, 3, 32, 32), torch.ones(n, 1), np.random.default_rng(0))
    for place, step in enumerate(seen[0]):
        for name in {pair[place][0] for pair in library}:
            expected = n * sum(pair[place][1] for pair in library if pair[place][0] == name) / 25
            # Six standard deviations of a binomial, at most √(n/4) each.
            assert abs(sum(name == other for other, _ in step) - expected) <= 6 * max(expected, 1) ** 0.5


def test_images_of_a_batch_are_changed_differently():
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    changed, _ = AutoAugment().mix(image.expand(64, -1, -1, -1), torch.ones(64, 1), np.random.default_rng(0))
    assert len(torch.unique(changed, dim=0)) > 16
