"""The MLP of feature vectors against scikit-learn's, and methods and backbones that do not fit the data."""

import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPClassifier

from mixbench.augment.build import composition
from mixbench.augment.protocol import Context
from mixbench.augment.table import BY_NAME
from mixbench.data.load import load
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import stream
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.torch_state import library_randomness
from mixbench.training.backbone import backbone_names, build
from mixbench.training.prepare import prepared_model
from mixbench.training.train import train

SUITE = load_suite("iris")
SEEDS = range(8)
FITTING = {
    "erm", "mixup", "manifold_mixup", "noisy_feature_mixup", "label_smoothing", "bi_tempered", "gaussian_noise",
    "noise", "regmixup", "sample_pairing", "rankmixup", "label_confusion", "decoupled_mixup",
}  # fmt: skip
PLACES = {"noisy_feature_mixup": "noisy_feature_mixup(stages=[0,1,2])"}
"""Whose usual places are more than two hidden layers have."""


def spec_of(aug: str, seed: int = 0, backbone: str = "mlp", suite=SUITE) -> TrainingSpec:
    return TrainingSpec.of(
        suite, backbone=backbone, augmentation=aug, method_versions={}, noise=0.0, seed=seed, device="cpu"
    )


class Theirs(MLPClassifier):
    """scikit-learn's with PyTorch's initial weights and biases, uniform within 1/√fan_in."""

    def _init_coef(self, fan_in, fan_out, dtype):
        bound = 1 / np.sqrt(fan_in)
        draw = self._random_state.uniform
        return draw(-bound, bound, (fan_in, fan_out)).astype(dtype), draw(-bound, bound, fan_out).astype(dtype)


def error_of_theirs(seed: int) -> tuple[float, float]:
    data = load(SUITE.data)
    x, t = (part.pixels().flatten(1).numpy() for part in (data.train, data.test))
    net = Theirs((128, 128), alpha=0.0, batch_size=16, max_iter=10, random_state=seed, tol=0.0)
    with pytest.warns(Warning, match="Maximum iterations"):
        net.fit(x, data.train.labels.numpy())
    true = net.predict_proba(t)[np.arange(len(t)), data.test.labels.numpy()]
    return float((net.predict(t) != data.test.labels.numpy()).mean()), float(-np.log(true).mean())


def error_of_ours(seed: int) -> tuple[float, float]:
    trained, data = train(spec_of("erm", seed)), load(SUITE.data)
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(trained.model(data.test.pixels()), data.test.labels)
    return trained.test_error[-1], float(loss)


def test_training_is_scikit_learns_in_distribution():
    """Means of test error and loss over seeds differ by no more than their standard errors explain."""
    ours, theirs = (np.array([each(seed) for seed in SEEDS]) for each in (error_of_ours, error_of_theirs))
    errors = np.sqrt((ours.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / len(SEEDS))
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) <= 3 * errors).all(), (ours.mean(0), theirs.mean(0), errors)
    # Far from untrained, so that equal means say something.
    assert ours[:, 1].mean() < 0.5 * np.log(3)


def test_the_net_is_two_hidden_layers_written_out():
    with library_randomness(stream(0, "initial weights")):
        model = build("mlp", SUITE.data).eval()
    x = torch.randn(5, 4, 1, 1, generator=torch.Generator().manual_seed(0))
    w1, b1, w2, b2, w3, b3 = (p.detach().double() for p in model.net.parameters())
    assert [tuple(w.shape) for w in (w1, w2, w3)] == [(128, 4), (128, 128), (3, 128)]
    hidden = (x.flatten(1).double() @ w1.T + b1).clamp(min=0)
    hidden = (hidden @ w2.T + b2).clamp(min=0)
    torch.testing.assert_close(model(x).double(), hidden @ w3.T + b3, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_method_fits_or_is_refused_in_one_line_before_training(name):
    if name in FITTING:
        assert prepared_model(spec_of(PLACES.get(name, name)))
        return
    with pytest.raises(MixBenchError, match=rf"augmentation '{name}': needed images, got tabular data.*use one of"):
        prepared_model(spec_of(name))


@pytest.mark.parametrize("aug", sorted(FITTING))
def test_what_fits_trains(aug):
    spec = spec_of(PLACES.get(aug, aug))
    budget = {**spec.budget, "epochs": 1}
    trained = train(spec.model_copy(update={"budget": budget}))
    assert np.isfinite(trained.train_loss).all()


def test_a_sum_or_a_choice_is_refused_for_any_part():
    for aug in ("mixup+cutout", "mixup|cutmix"):
        with pytest.raises(MixBenchError, match=r"'cut(out|mix)': needed images, got tabular data"):
            prepared_model(spec_of(aug))


def test_noise_is_not_clamped_where_values_have_no_bounds():
    data = load(SUITE.data)
    indices = torch.arange(100)
    images, targets = data.train.pixels(indices), data.train.one_hot(indices, 3)
    noised, _ = composition("gaussian_noise(sigma=0.1)").mix(
        images, targets, stream(0, "mix"), Context(0, 1, indices, data)
    )
    assert float((noised - images).std()) == pytest.approx(0.1, rel=0.15)


def test_a_training_clamps_nothing_either():
    """Noise of no strength is no noise."""
    assert train(spec_of("gaussian_noise(sigma=0.0)")).train_loss == train(spec_of("erm")).train_loss


def test_a_backbone_of_another_kind_is_refused_in_one_line():
    assert "mlp" in backbone_names()
    with pytest.raises(MixBenchError, match="backbone 'test_resnet': needed one for tabular, got another; use mlp"):
        prepared_model(spec_of("erm", backbone="test_resnet"))
    with pytest.raises(MixBenchError, match="backbone 'mlp': needed one for images, got another"):
        prepared_model(spec_of("erm", backbone="mlp", suite=load_suite("digits")))
