"""FMix: the mask's mean is λ, its spectrum decays, and the target goes by the mask's real mean."""

import numpy as np
import pytest
import torch
from scipy import stats

from mixbench.augment.methods.fmix import FMix, draw_mask
from mixbench.augment.tools.spectrum import smooth_noise
from mixbench.testing import example_batch

SIDE = (32, 48)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.5, 0.9999, 1.0])
def test_mask_marks_the_share_rounded_up_or_down(share):
    exact = share * 9 * 14
    rng = np.random.default_rng(0)
    counts = {int(draw_mask(share, (9, 14), 3, rng).sum()) for _ in range(60)}
    assert counts == {int(np.floor(exact)), int(np.ceil(exact))}


def test_mask_marks_the_highest_pixels():
    field = smooth_noise(1, SIDE, 3, np.random.default_rng(1))[0]
    mask = draw_mask(0.3, SIDE, 3, np.random.default_rng(1))
    assert field[mask].min() > field[~mask].max()


@pytest.mark.parametrize("decay", [0.0, 1.0, 3.0])
def test_spectrum_decays_by_the_power_asked_for(decay):
    fields = smooth_noise(2000, SIDE, decay, np.random.default_rng(0))
    power = (np.abs(np.fft.fft2(fields)) ** 2).mean(axis=0)
    frequency = np.hypot(np.fft.fftfreq(SIDE[0])[:, None], np.fft.fftfreq(SIDE[1])[None, :])
    # Columns 0 and Nyquist are their own mirror image, which inverse transforms of real fields treat otherwise.
    chosen = np.s_[:, 1 : SIDE[1] // 2]
    slope = stats.linregress(np.log(frequency[chosen].ravel()), np.log(power[chosen].ravel()))
    assert slope.slope == pytest.approx(-2 * decay, abs=max(0.02, 6 * slope.stderr))
    assert slope.rvalue**2 > 0.99 or decay == 0


def test_masks_are_smoother_the_faster_the_spectrum_decays():
    def edges(decay):
        rng = np.random.default_rng(0)
        return np.mean(
            [np.diff(draw_mask(0.5, (32, 32), decay, rng).astype(int)).astype(bool).mean() for _ in range(50)]
        )

    assert edges(3.0) < 0.15 < 0.4 < edges(0.0)


@pytest.mark.parametrize("seed", range(8))
def test_target_is_the_real_mean_of_the_mask(seed):
    images, targets, _ = example_batch(8, 3, (9, 14), 0)
    rng = np.random.default_rng(seed)
    share = rng.beta(1, 1)
    mask = torch.from_numpy(draw_mask(share, (9, 14), 3.0, rng))
    order = torch.from_numpy(rng.permutation(8))
    mixed, mixed_targets = FMix().mix(images, targets, np.random.default_rng(seed))
    for i in range(8):
        assert torch.equal(mixed[i][:, mask], images[i][:, mask])
        assert torch.equal(mixed[i][:, ~mask], images[order[i]][:, ~mask])
    kept = int(mask.sum()) / (9 * 14)
    torch.testing.assert_close(mixed_targets, targets * kept + targets[order] * (1 - kept))
    assert abs(kept - share) < 1 / (9 * 14)
