import numpy as np
import torch
from scipy.stats import kstest

from mixbench.augment.methods.gaussian_noise import GaussianNoise


def test_noise_has_the_asked_distribution():
    images, targets = torch.full((8, 3, 32, 32), 0.5), torch.ones(8, 1)
    noisy, same = GaussianNoise().mix(images, targets, np.random.default_rng(0))
    assert kstest((noisy - 0.5).flatten().double().numpy(), "norm", (0, 0.05)).pvalue > 1e-6
    assert same is targets


def test_pixels_and_images_have_draws_of_their_own():
    noisy, _ = GaussianNoise().mix(torch.full((4, 3, 8, 8), 0.5), torch.ones(4, 1), np.random.default_rng(0))
    assert len(noisy.unique()) > 0.95 * noisy.numel()


def test_is_clamped_at_both_ends():
    images = torch.cat([torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)])
    noisy, _ = GaussianNoise(sigma=0.2).mix(images, torch.ones(2, 1), np.random.default_rng(0))
    assert float(noisy.min()) == 0
    assert float(noisy.max()) == 1
    # Half of the noise goes outwards and is cut off: 64 fair coins lie within 8 to 56 but for one in 10^9.
    assert all(8 <= int((image == edge).sum()) <= 56 for image, edge in zip(noisy, (0, 1), strict=True))
