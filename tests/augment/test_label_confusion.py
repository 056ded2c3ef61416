"""Label confusion learning against a hand-worked case, and what it trains."""

import math
import warnings

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation
from mixbench.augment.methods.label_confusion import LabelConfusion
from mixbench.augment.protocol import Context
from mixbench.augment.tools.confusion import LabelConfusionModel, confusion_loss, true_share, usual_alpha
from mixbench.augment.tools.features import features_and_logits
from mixbench.data.load import load
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.torch_state import library_randomness
from mixbench.training.backbone import build

DATA = load_suite("digits").data


def model(backbone="test_resnet"):
    with library_randomness(np.random.default_rng(0)):
        return build(backbone, DATA)


def batch(n=64):
    data = load(DATA)
    indices = torch.arange(n)
    return data.train.pixels(indices), data.train.one_hot(indices, 10), Context(0, 1, indices, data)


def step_loss(method, network, learner, images, targets, context):
    context = Context(0, 1, context.indices, context.data, {"label_confusion": learner})
    return method.loss(network, None, images, targets, np.random.default_rng(0), context)


def test_hand_worked_loss():
    # softmax(0.5 + ln 3, 0.5) = (3/4, 1/4), against (1/2, 1/2).
    similar, logits, targets = torch.tensor([[0.5, 0.5]]), torch.zeros(1, 2), torch.tensor([[1.0, 0.0]])
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert float(confusion_loss(similar, logits, targets, math.log(3))) == pytest.approx(expected, abs=1e-6)
    # Twice the target's weight on the other class: 9/10 of it.
    mixed = torch.tensor([[0.0, 2.0]])
    expected = 0.1 * math.log(0.2) + 0.9 * math.log(1.8)
    assert float(confusion_loss(similar, logits, mixed, math.log(3))) == pytest.approx(expected, abs=1e-6)


def test_hand_worked_similarities():
    learner = LabelConfusionModel(features=1, classes=2, width=1)
    with torch.no_grad():
        learner.labels.copy_(torch.tensor([[0.5], [-0.5]]).atanh())
        learner.projection.weight.fill_(2.0)
        learner.projection.bias.zero_()
        learner.similarity.weight.copy_(torch.eye(2) * math.log(2) / 2)
        learner.similarity.bias.zero_()
    torch.testing.assert_close(learner(torch.ones(1, 1)), torch.tensor([[2 / 3, 1 / 3]]))


@pytest.mark.parametrize("backbone", ["test_resnet", "resnetv2_18"])
def test_features_are_what_the_last_layer_takes(backbone):
    network = model(backbone).eval()
    images, _, _ = batch(4)
    features, logits = features_and_logits(network, images)
    layer = network.net.get_classifier()
    torch.testing.assert_close(features @ layer.weight.flatten(1).T + layer.bias, logits)
    assert torch.equal(logits, network(images))
    assert not layer._forward_pre_hooks


def test_gradients_reach_learner_and_features_through_both_sides():
    network, method = model(), LabelConfusion()
    torch.nn.init.zeros_(network.net.get_classifier().weight)
    with library_randomness(np.random.default_rng(0)):
        learner = method.learner(network, 10)
    step_loss(method, network, learner, *batch()).backward()
    for parameter in learner.parameters():
        assert parameter.grad.abs().sum() > 0
    # With a classifier of zeros the backbone can only be reached through the similarities.
    first = next(network.net.parameters())
    assert first.grad.abs().sum() > 0
    assert network.net.get_classifier().weight.grad.abs().sum() > 0


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_training_lowers_the_loss(precision):
    network, method = model(), LabelConfusion()
    with library_randomness(np.random.default_rng(0)):
        learner = method.learner(network, 10)
    images, targets, context = batch()
    optimiser = torch.optim.AdamW([*network.parameters(), *learner.parameters()], lr=0.005)
    losses = []
    for _ in range(15):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision is torch.bfloat16):
            loss = step_loss(method, network, learner, images, targets, context)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("classes", [10, 100, 1000])
def test_starts_near_uniform_similarities(classes):
    with library_randomness(np.random.default_rng(0)):
        similar = LabelConfusionModel(512, classes, 64)(torch.randn(256, 512))
    assert float(similar.detach().amax(dim=1).mean()) * classes < 1.5


@pytest.mark.parametrize(("classes", "alpha"), [(10, 4.0), (100, 6.4), (1000, 8.7)])
def test_auto_alpha_leaves_the_true_class_the_same_share(classes, alpha):
    assert usual_alpha(classes) == alpha
    targets = torch.nn.functional.one_hot(torch.tensor([0]), classes)
    simulated = (torch.full((1, classes), 1 / classes) + alpha * targets).softmax(dim=1)
    assert float(simulated[0, 0]) == pytest.approx(0.86, abs=0.005)
    assert true_share(alpha, classes) == pytest.approx(float(simulated[0, 0]), abs=1e-5)


def test_auto_is_its_number_in_the_loss():
    network = model().eval()
    with library_randomness(np.random.default_rng(0)):
        learner = LabelConfusion().learner(network, 10)
    losses = [step_loss(LabelConfusion(alpha=alpha), network, learner, *batch()) for alpha in ("auto", 4.0, 5.0)]
    assert losses[0] == losses[1] != losses[2]


def test_warns_of_an_alpha_too_small_for_the_classes():
    with pytest.warns(UserWarning, match="leaves the true class 0.36 of the target for 100 classes"):
        LabelConfusion(alpha=4.0).learner(model(), 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LabelConfusion(alpha=4.0).learner(model(), 10)
        LabelConfusion().learner(model(), 1000)


@pytest.mark.parametrize(("epoch", "plain"), [(0, False), (29, False), (30, True), (39, True)])
def test_ends_in_cross_entropy(epoch, plain):
    """The authors' lcm_stop: 30 of 40 epochs."""
    network = model().eval()
    images, targets, context = batch()
    with library_randomness(np.random.default_rng(0)):
        learner = LabelConfusion().learner(network, 10)
    context = Context(epoch, 40, context.indices, context.data, {"label_confusion": learner})
    loss = LabelConfusion().loss(network, None, images, targets, np.random.default_rng(0), context).detach()
    expected = torch.nn.functional.cross_entropy(network(images), targets.argmax(dim=1)).detach()
    assert (float(loss) == pytest.approx(float(expected), abs=1e-6)) is plain


def test_composition_makes_its_learner():
    whole = augmentation("label_confusion(width=8)+mixup")
    learner = whole.learners(model(), 10)["label_confusion"]
    assert learner.projection.weight.shape == (8, 96)
    assert learner.labels.shape == (10, 8)


def test_refuses_what_does_not_fit():
    network = model()
    network.net.reset_classifier(0)
    with pytest.raises(MixBenchError, match="one linear layer"):
        LabelConfusion().prepare(network)
    with pytest.raises(MixBenchError, match="criterion"):
        augmentation("label_confusion+bi_tempered")
