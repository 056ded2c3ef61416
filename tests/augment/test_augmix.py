import numpy as np
import pytest
import torch
from scipy.stats import kstest
from torch._subclasses.fake_tensor import FakeTensorMode

from mixbench.augment.build import augmentation, composition
from mixbench.augment.compose import Composition
from mixbench.augment.methods.augmix import AugMix
from mixbench.augment.protocol import Augmentation
from mixbench.augment.tools import chains
from mixbench.augment.tools.consistency import jensen_shannon
from mixbench.augment.traits import Stage
from mixbench.spec.errors import MixBenchError
from mixbench.testing import check_augmentation, example_batch


def test_jensen_shannon_by_hand():
    """p = (½, ½), (¾, ¼), (¼, ¾): their mean is (½, ½), and KL((¾, ¼) ‖ (½, ½)) = ¾ ln 1.5 + ¼ ln 0.5."""
    views = [torch.tensor([p]).log() for p in ((0.5, 0.5), (0.75, 0.25), (0.25, 0.75))]
    views[1] = views[1] + 7
    expected = 2 / 3 * (0.75 * np.log(1.5) + 0.25 * np.log(0.5))
    assert float(jensen_shannon(tuple(views))) == pytest.approx(expected, rel=1e-5)
    assert expected == pytest.approx(0.0872, abs=1e-4)


def test_jensen_shannon_at_its_ends():
    apart = 1000 * torch.eye(3)
    assert float(jensen_shannon(tuple(apart[:, None]))) == pytest.approx(np.log(3), rel=1e-5)
    assert float(jensen_shannon((apart, apart, apart))) == pytest.approx(0, abs=1e-6)


def test_jensen_shannon_is_the_mean_over_examples():
    first = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0))
    apart = [jensen_shannon(tuple(first[:, [i]])) for i in range(5)]
    torch.testing.assert_close(jensen_shannon(tuple(first)), torch.stack(apart).mean())


def test_chains_and_image_are_weighed_by_dirichlet_and_beta(monkeypatch):
    """Chain k answers with colour k on black images, so colours show the weights: of the chains, and their sum."""
    calls = []

    def coloured(images, rng, depth, severity, names):
        calls.append((depth, severity, names))
        return torch.eye(3)[len(calls) - 1].reshape(1, 3, 1, 1).expand(len(images), -1, 1, 1)

    monkeypatch.setattr(chains, "chained", coloured)
    view = AugMix().view(torch.zeros(20_000, 3, 1, 1), np.random.default_rng(0))[:, :, 0, 0].double().numpy()
    assert calls == [(3, 3.0, chains.NINE)] * 3
    share = view.sum(1)
    assert kstest(share, "uniform").pvalue > 1e-6
    for chain in range(3):
        assert kstest(view[:, chain] / share, "beta", (1, 2)).pvalue > 1e-6


def test_the_image_has_the_rest_of_the_weight(monkeypatch):
    monkeypatch.setattr(chains, "chained", lambda images, *_: images)
    images, _, _ = example_batch(8, 3, (8, 8), 0)
    torch.testing.assert_close(AugMix(width=4).view(images, np.random.default_rng(0)), images)


class Linear(torch.nn.Module):
    """Counts its forward passes and keeps what went in."""

    def __init__(self, features):
        super().__init__()
        self.layer = torch.nn.Linear(features, 3)
        self.seen = []

    def forward(self, images):
        self.seen.append(images)
        return self.layer(images.flatten(1))


def step(augmix, seed=0):
    images, targets, context = example_batch(8, 3, (12, 16), 0)
    torch.manual_seed(0)
    model = Linear(images[0].numel())
    soft = targets * 0.9 + 0.1 / 3
    criterion = composition("erm").criterion
    return model, images, soft, augmix.loss(model, criterion, images, soft, np.random.default_rng(seed), context)


@pytest.fixture(autouse=True)
def _own_generator():
    with torch.random.fork_rng():
        yield


def test_loss_is_the_criterion_on_the_clean_view_and_twelve_times_the_consistency():
    model, images, targets, loss = step(AugMix())
    assert len(model.seen) == 1
    views = model.seen[0].chunk(AugMix().forward_passes)
    assert torch.equal(views[0], images)
    assert not torch.allclose(views[1], views[2], atol=0.01)
    logits = [model.layer(view.flatten(1)) for view in views]
    p = [view.softmax(1) for view in logits]
    mixture = sum(p) / 3
    divergence = sum((q * (q / mixture).log()).sum(1).mean() for q in p) / 3
    entropy = -(targets * logits[0].log_softmax(1)).sum(1).mean()
    expected = entropy + 12 * divergence
    assert float(divergence.detach()) > 1e-5
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-6)
    gradients = [torch.autograd.grad(value, model.layer.weight, retain_graph=True)[0] for value in (loss, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)


def test_views_are_images_and_repeat_with_the_seed():
    first, again, other = (step(AugMix(), seed)[0].seen[0] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert float(first.min()) >= 0
    assert float(first.max()) <= 1


def test_no_global_generator_moves():
    images, _, _ = example_batch(8, 3, (8, 8), 0)
    before = torch.get_rng_state()
    AugMix().view(images, np.random.default_rng(0))
    assert torch.equal(before, torch.get_rng_state())


def test_views_are_the_same_under_autocast():
    """The training loop calls the loss under bfloat16, in which resampling grids lose parts of pixels."""
    model, images, targets, _ = step(AugMix())
    context = example_batch(8, 3, (12, 16), 0)[2]
    with torch.autocast("cpu", torch.bfloat16):
        loss = AugMix().loss(model, composition("erm").criterion, images, targets, np.random.default_rng(0), context)
    assert torch.equal(model.seen[0], model.seen[1])
    assert loss.dtype == torch.float32


@pytest.mark.parametrize("spec", ["augmix+mixup", "augmix+cutmix+label_smoothing", "augmix+flip"])
def test_combines_with_what_comes_before_the_loss(spec):
    check_augmentation(augmentation(spec))


class OtherLoss(Augmentation):
    name = "other_loss"
    stage = Stage.LOSS
    claims = frozenset({"loss"})


def test_does_not_combine_with_another_loss():
    with pytest.raises(MixBenchError, match="both own the loss"):
        Composition.of([AugMix(), OtherLoss()])


def test_views_are_made_on_the_batch_s_device():
    with FakeTensorMode(allow_non_fake_inputs=True):
        view = AugMix().view(torch.rand(16, 3, 8, 8, device="cuda"), np.random.default_rng(0))
    assert view.device.type == "cuda"
