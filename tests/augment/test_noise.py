import numpy as np
import torch

from mixbench.augment.methods.noise import Noise


def test_strength_is_drawn_for_each_image():
    images, targets = torch.full((64, 3, 32, 32), 0.5), torch.ones(64, 1)
    strengths = np.random.default_rng(5).uniform(0, 0.1, 64)
    noisy, same = Noise(sigma=0.1).mix(images, targets, np.random.default_rng(5))
    found = (noisy - 0.5).flatten(1).std(dim=1).numpy()
    # 3,072 pixels an image: a standard deviation's relative error is 1.3 %, and 8 % is six of it.
    np.testing.assert_allclose(found, strengths, rtol=0.08)
    assert strengths.max() > 5 * strengths.min()
    assert same is targets


def test_is_the_drawn_noise_clamped():
    images = torch.linspace(0, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    rng = np.random.default_rng(5)
    strengths = rng.uniform(0, 0.5, 2).reshape(2, 1, 1, 1)
    added = strengths * rng.standard_normal((2, 3, 8, 8), dtype=np.float32)
    noisy, _ = Noise(sigma=0.5).mix(images, torch.ones(2, 1), np.random.default_rng(5))
    np.testing.assert_allclose(noisy.numpy(), np.clip(images.numpy() + added, 0, 1), atol=1e-6)
    assert (noisy == 0).any()
    assert (noisy == 1).any()
