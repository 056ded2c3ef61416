"""IPMix: its patches image by image on the same draws, the law of places and chains, and its loss."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from mixbench.augment.build import augmentation, canonical, composition
from mixbench.augment.methods.ipmix import IPMix
from mixbench.augment.tools import distortions
from mixbench.augment.tools.patches import patch_masks, patched
from mixbench.data.load import load
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.testing import example_batch
from mixbench.training.backbone import build


def corners(masks):
    """Top, left, height and width (N,) of masks (N, 1, H, W), each of which must be a full rectangle."""
    rows, columns = masks[:, 0].any(2), masks[:, 0].any(1)
    assert np.array_equal(masks[:, 0], rows[:, :, None] & columns[:, None, :])
    return rows.argmax(1), columns.argmax(1), rows.sum(1), columns.sum(1)


def test_half_of_the_patches_are_whole_and_lie_uniformly_where_they_fit():
    tops, lefts, heights, widths = corners(patch_masks(20_000, (12, 9), [8], np.random.default_rng(0)))
    whole = (heights == 8) & (widths == 8)
    # Besides, one rectangle of 49 has all of its square.
    assert whole.mean() == pytest.approx(0.5 + 0.5 / 49, abs=0.02)
    assert np.bincount(tops) / 20_000 == pytest.approx([1 / 5] * 5, abs=0.02)
    assert np.bincount(lefts) / 20_000 == pytest.approx([1 / 2] * 2, abs=0.02)
    for sides in (heights[~whole], widths[~whole]):
        shares = np.bincount(sides, minlength=9)[2:] / (~whole).sum()
        assert shares[:-1] == pytest.approx([7 / 48] * 6, abs=0.015)
        assert shares[-1] == pytest.approx(6 / 48, abs=0.015)


def test_sides_are_equally_often():
    _, _, heights, widths = corners(patch_masks(20_000, (40, 40), [4, 8, 16, 32], np.random.default_rng(0)))
    counts = [((heights == side) & (widths == side)).mean() for side in (4, 8, 16, 32)]
    # Of a square of d by d: half of the draws, and one rectangle in (d − 1)² of the other half.
    expected = [(0.5 + 0.5 / (side - 1) ** 2) / 4 for side in (4, 8, 16, 32)]
    # Rectangles of larger squares add a few to the smallest.
    expected[0] += sum(0.5 / (side - 1) ** 2 for side in (8, 16, 32)) / 4
    expected[1] += sum(0.5 / (side - 1) ** 2 for side in (16, 32)) / 4
    assert counts == pytest.approx(expected, abs=0.012)


def by_hand(image, partner, way, rate, a, b, draws):
    """One image's combination with its partner's, as the authors' code has it, with values clamped."""
    if way == 0:
        mixed = (a * (image * 2 - 1) + b * (partner * 2 - 1) + 1) / 2
    elif way == 1:
        mixed = (image * 2) ** a * (partner * 2).clip(1e-37) ** b / 2
    else:
        mask = (draws[:1] if way == 2 else draws) < rate
        mixed = mask * image + (1 - mask) * partner
    return mixed.clip(0, 1)


def test_patches_are_combined_as_written():
    rng = np.random.default_rng(1)
    n, shape = 200, (3, 9, 12)
    images, partners = rng.uniform(0.05, 1, (2, n, *shape))
    made = patched(torch.from_numpy(images), torch.from_numpy(partners), [4, 8], 3.0, np.random.default_rng(0)).numpy()
    again = np.random.default_rng(0)
    ways, rates = again.integers(4, size=n), again.random(n)
    inner, near, far = again.beta(3, 1, n), *again.beta(1, 3, (2, n))
    within = again.random(n) < 0.5
    a, b = np.where(within, inner, 1 + near), np.where(within, far, -far)
    draws = again.random((n, *shape), dtype=np.float32).astype(float)
    tops, lefts, heights, widths = corners(patch_masks(n, shape[1:], [4, 8], again))
    for i in range(n):
        expected = images[i].copy()
        part = np.s_[:, tops[i] : tops[i] + heights[i], lefts[i] : lefts[i] + widths[i]]
        expected[part] = by_hand(images[i], partners[i], ways[i], rates[i], a[i], b[i], draws[i])[part]
        np.testing.assert_allclose(made[i], expected, atol=1e-9)
    assert np.bincount(ways).min() > 30


def test_masks_keep_whole_pixels_or_single_elements():
    """Black images and white pictures: where pixels are taken all channels agree, where elements are they do not."""
    images = torch.zeros(4000, 3, 8, 8)
    made = patched(images, images + 1, [8], 3.0, np.random.default_rng(0))
    ways = np.random.default_rng(0).integers(4, size=4000)
    agree = (made == made[:, :1]).flatten(1).all(1).numpy()
    assert agree[ways == 2].all()
    assert agree[ways == 3].mean() < 0.1
    assert made[ways >= 2].unique().tolist() == [0, 1]


def test_rates_are_uniform(monkeypatch):
    monkeypatch.setattr("mixbench.augment.tools.patches.patch_masks", lambda n, *_: np.ones((n, 1, 1, 1), bool))
    images = torch.zeros(4000, 1, 16, 16)
    made = patched(images, images + 1, [4], 3.0, np.random.default_rng(0))
    ways = np.random.default_rng(0).integers(4, size=4000)
    shares = made[ways >= 2].mean(dim=(1, 2, 3)).numpy()
    assert kstest(shares + np.random.default_rng(1).uniform(-1, 1, len(shares)) / 512, "uniform").pvalue > 1e-4


def test_view_weighs_chains_by_dirichlet_and_the_image_by_the_rest(monkeypatch):
    """Chain i answers with colour i on black images, so colours show the weights."""
    calls = []

    def coloured(self, images, partners, rng):
        calls.append(partners)
        return torch.eye(3)[len(calls) - 1].reshape(1, 3, 1, 1).expand(len(images), -1, 1, 1)

    monkeypatch.setattr(IPMix, "_chain", coloured)
    black = torch.zeros(20_000, 3, 1, 1)
    view = IPMix().view(black, black, np.random.default_rng(0))[:, :, 0, 0].double().numpy()
    share = view.sum(1)
    assert len(calls) == 3
    assert kstest(share, "uniform").pvalue > 1e-6
    for chain in range(3):
        assert kstest(view[:, chain] / share, "beta", (1, 2)).pvalue > 1e-6


def test_chains_are_of_one_kind_and_of_equally_many_steps(monkeypatch):
    """An operation adds 1 and a patch 10: half of the chains are of each, with 0 to 3 steps."""
    monkeypatch.setattr(
        distortions,
        "distort",
        lambda images, severity, rng, names, chosen: images + torch.from_numpy(chosen)[:, None, None, None],
    )
    monkeypatch.setattr(
        IPMix,
        "_patched",
        lambda self, changed, images, partners, chosen, rng: (
            changed + 10 * torch.from_numpy(chosen)[:, None, None, None]
        ),
    )
    zeros = torch.zeros(16_000, 1, 1, 1)
    counts = IPMix()._chain(zeros, zeros, np.random.default_rng(0)).flatten().int().bincount()
    found = {value: int(count) for value, count in enumerate(counts) if count}
    assert found.keys() == {0, 1, 2, 3, 10, 20, 30}
    # Standard deviations: 55 of 4,000, and 42 of 2,000.
    assert abs(found.pop(0) - 4000) < 330
    assert all(abs(count - 2000) < 260 for count in found.values())


def test_operations_are_the_authors_ten():
    names = {
        *("equalize", "posterize", "rotate", "solarize", "shear_x", "shear_y"),
        *("translate_x", "translate_y", "mirror", "invert"),
    }
    assert set(distortions.TEN) == names
    image = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(distortions.OPERATIONS["mirror"](image, np.zeros(1)), image[..., [4, 3, 2, 1, 0]])
    assert torch.equal(distortions.OPERATIONS["invert"](image, np.zeros(1)), 1 - image)


class Linear(torch.nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(3, features, generator=torch.Generator().manual_seed(0)))
        self.seen = []

    def forward(self, images):
        self.seen.append(images)
        return images.flatten(1) @ self.weight.T


def step(method, seed=0):
    images, targets, context = example_batch(8, 3, (12, 16), 0)
    model = Linear(images[0].numel())
    loss = method.loss(model, composition("erm").criterion, images, targets, np.random.default_rng(seed), context)
    return model, images, targets, loss


def test_loss_is_the_criterion_and_twelve_times_the_consistency():
    model, images, targets, loss = step(IPMix())
    views = model.seen[0].chunk(IPMix().forward_passes)
    assert torch.equal(views[0], images)
    assert not torch.allclose(views[1], views[2], atol=0.01)
    logits = [view.flatten(1) @ model.weight.T for view in views]
    p = [each.softmax(1) for each in logits]
    mixture = (sum(p) / 3).clamp(min=1e-7)
    divergence = sum((q * (q.clamp_min(1e-30) / mixture).log()).sum(1).mean() for q in p) / 3
    entropy = -(targets * logits[0].log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss, entropy + 12 * divergence, rtol=1e-4, atol=1e-4)


def test_without_the_consistency_one_view_is_judged():
    method = IPMix(weight=0.0)
    model, images, targets, loss = step(method)
    assert [len(seen) for seen in model.seen] == [8 * method.forward_passes]
    assert not torch.equal(model.seen[0], images)
    entropy = -(targets * (model.seen[0].flatten(1) @ model.weight.T).log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss, entropy)
    # The same draws make the first of two views.
    assert torch.equal(model.seen[0], step(IPMix())[0].seen[0].chunk(3)[1])


def test_both_views_have_the_same_picture(monkeypatch):
    given = []
    monkeypatch.setattr(IPMix, "view", lambda self, images, partners, rng: given.append(partners) or images)
    step(IPMix())
    assert torch.equal(*given)


def test_an_image_s_own_may_be_the_partner(monkeypatch):
    """On black images and white pictures patches stay dark where the partner is the image's own, but for inversion."""
    monkeypatch.setattr(distortions, "TEN", ("mirror",))
    black, white = torch.zeros(2000, 1, 8, 8), torch.ones(2000, 1, 8, 8)
    chosen = np.ones(2000, bool)
    lit = []
    for share in (0.0, 0.5, 1.0):
        method = IPMix(self_partner=share, beta=1e-3)
        made = method._patched(black, black, white, chosen, np.random.default_rng(0))
        lit.append(float((made > 0.5).flatten(1).any(1).float().mean()))
    assert lit[2] == 0
    assert lit[0] > 0.3
    assert lit[1] == pytest.approx(lit[0] / 2, abs=0.06)


def test_values_stay_numbers_at_black_and_white():
    images = torch.zeros(64, 3, 8, 8)
    images[::2] = 1
    view = IPMix(beta=0.1).view(images, images.flip(0), np.random.default_rng(0))
    assert view.isfinite().all()
    assert ((view >= 0) & (view <= 1)).all()


def test_sides_that_do_not_fit_are_left_out(monkeypatch):
    drawn = []
    kept = patch_masks
    monkeypatch.setattr(
        "mixbench.augment.tools.patches.patch_masks",
        lambda n, size, sides, rng: drawn.append(list(sides)) or kept(n, size, sides, rng),
    )
    images = torch.rand(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    IPMix().view(images, images.flip(0), np.random.default_rng(0))
    assert drawn
    assert all(sides == [4, 8] for sides in drawn)


def test_leaves_batch_and_global_generators_alone():
    images, targets, context = example_batch(8, 3, (12, 16), 0)
    kept, state = (images.clone(), targets.clone()), torch.get_rng_state()
    IPMix().loss(Linear(576), composition("erm").criterion, images, targets, np.random.default_rng(0), context)
    assert torch.equal(images, kept[0])
    assert torch.equal(targets, kept[1])
    assert torch.equal(state, torch.get_rng_state())


def test_views_are_the_same_under_autocast():
    plain = step(IPMix())[0].seen[0]
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(step(IPMix())[0].seen[0], plain)


def test_spec_combinations_and_refusals():
    assert canonical(augmentation("ipmix")) == (
        "ipmix(k=3,t=3,beta=3.0,severity=3.0,weight=12.0,sides=[4,8,16,32],self_partner=0.0,pictures=fractal)"
    )
    composition("ipmix+cutmix+label_smoothing")
    with pytest.raises(MixBenchError, match="both own the loss"):
        composition("ipmix+augmix")
    with pytest.raises(MixBenchError):
        augmentation("ipmix(sides=[1])")
    data = load_suite("digits").data
    assert load(data).train.images.shape[2:] == (8, 8)
    with torch.random.fork_rng():
        model = build("test_resnet", data)
    augmentation("ipmix").prepare(model)
    with pytest.raises(MixBenchError, match=r"patch that fits images of 8x8 pixels.*add a side of at most 8"):
        augmentation("ipmix(sides=[16])").prepare(model)
