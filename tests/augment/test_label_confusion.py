"""Label confusion learning against a hand-worked case, and what it trains."""

import math

import numpy as np
import pytest
import torch

from mixbench.augment.build import augmentation
from mixbench.augment.methods.label_confusion import LabelConfusion
from mixbench.augment.protocol import Context
from mixbench.augment.tools.confusion import LabelConfusionModel, confusion_loss
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
