from functools import partial

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from mixbench.augment.methods.randaugment import RandAugment
from mixbench.augment.tools import operations, scale
from mixbench.augment.tools.policy import NAMES
from mixbench.testing import example_batch


@pytest.mark.parametrize(("channels", "size", "ops", "magnitude"), [(1, (8, 8), 2, 9), (3, (20, 25), 3, 30)])
def test_equals_torchvision_by_the_same_draws(monkeypatch, channels, size, ops, magnitude):
    images, targets, _ = example_batch(12, channels, size, 0)
    method = RandAugment(ops=ops, magnitude=magnitude, space="torchvision")
    changed, same = method.mix(images, targets, np.random.default_rng(6))
    rng = np.random.default_rng(6)
    draws = [[(int(rng.integers(14)), rng.random()) for _ in images] for _ in range(ops)]
    library = v2.RandAugment(ops, magnitude)
    for i, (image, result) in enumerate(zip(images, changed, strict=True)):
        with monkeypatch.context() as patch:
            # Magnitudes in float64 like ours: torchvision's float32 can move a product across a whole grey level.
            patch.setattr(torch, "linspace", partial(torch.linspace, dtype=torch.float64))
            numbers, signs = iter([step[i][0] for step in draws]), iter([step[i][1] for step in draws])
            # torchvision asks for a sign only where there is one; each belongs to the number drawn before it.
            current = {}

            def integer(high, size, numbers=numbers, signs=signs, current=current):
                current["sign"] = next(signs)
                return torch.tensor(next(numbers))

            patch.setattr(torch, "randint", integer)
            patch.setattr(torch, "rand", lambda size, current=current: torch.tensor(current["sign"]))
            expected = library((image * 255).round().to(torch.uint8))
        assert torch.equal((result * 255).round().to(torch.uint8), expected)
    assert same is targets


def drawn_by(monkeypatch, augmentation, n, seed):
    """The steps that a method asks for on n images."""
    seen = []
    monkeypatch.setattr(operations, "run", lambda images, steps, fill: seen.append(steps) or images)
    augmentation.mix(torch.zeros(n, 3, 8, 8), torch.ones(n, 1), np.random.default_rng(seed))
    return seen[0]


@pytest.mark.parametrize("space", ["authors", "torchvision"])
def test_every_operation_is_as_likely_for_each_image(monkeypatch, space):
    names = {"torchvision": NAMES, "authors": scale.NAMES}[space]
    n = 200 * len(names)
    first, second = drawn_by(monkeypatch, RandAugment(space=space), n, 0)
    # 200 expected, standard deviation 13.6: within 110 to 290 but for one in 10^9.
    for step in (first, second):
        counts = [sum(name == other for other, _ in step) for name in names]
        assert sum(counts) == n
        assert all(110 < count < 290 for count in counts)
    assert sum(a[0] == b[0] for a, b in zip(first, second, strict=True)) < 290


@pytest.mark.parametrize("space", ["authors", "torchvision"])
def test_images_of_a_batch_are_changed_differently(space):
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    changed, _ = RandAugment(space=space).mix(image.expand(32, -1, -1, -1), torch.ones(32, 1), np.random.default_rng(0))
    assert len(torch.unique(changed, dim=0)) > 16
