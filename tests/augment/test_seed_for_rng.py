"""A seed in place of a generator: the same draw, and one line for what is neither."""

import numpy as np
import pytest
import torch

import mixbench

IMAGES = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
TARGETS = torch.eye(3)[torch.arange(6) % 3]

OWN = """
class Mine:
    def mix(self, images, targets, rng):
        return images * rng.random(), targets
"""


@pytest.mark.parametrize("spec", ["mixup", "cutmix", "mixup|cutmix", "mixup+label_smoothing", "cutout", "flip"])
@pytest.mark.parametrize("seed", [0, 7, np.int64(7)])
def test_a_seed_draws_as_its_generator_does(spec, seed):
    chosen = mixbench.augmentation(spec)
    some = chosen.mix(IMAGES, TARGETS, seed)
    others = chosen.mix(IMAGES, TARGETS, np.random.default_rng(seed))
    assert all(torch.equal(*each) for each in zip(some, others, strict=True))


def test_an_own_method_gets_a_generator(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    images, _ = mixbench.augmentation(f"{tmp_path}/mine.py:Mine").mix(IMAGES, TARGETS, 3)
    assert torch.equal(images, IMAGES * np.random.default_rng(3).random())


@pytest.mark.parametrize("rng", [None, -1, True, 0.5, "0", torch.Generator(), np.random.RandomState(0)])
@pytest.mark.parametrize("spec", ["mixup", "mixup|cutmix", "mixup+label_smoothing"])
def test_what_is_neither_is_one_line(spec, rng):
    with pytest.raises(mixbench.MixBenchError, match=r"rng: needed .*numpy\.random\.default_rng\(0\)"):
        mixbench.augmentation(spec).mix(IMAGES, TARGETS, rng)
