"""The protocol carries what its methods need: throw-away examples of each kind, trained by the real loop."""

from typing import Annotated

import numpy as np
import pytest
import torch
from annotated_types import Interval
from torch import nn

from mixbench.augment import build, table
from mixbench.augment.protocol import Augmentation, method
from mixbench.augment.traits import Stage
from mixbench.data.neighbours import nearest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import Suite, load_suite
from mixbench.spec.training import TrainingSpec
from mixbench.training.prepare import prepared_model
from mixbench.training.train import train

EPOCHS = 2


@method
class HiddenMix(Augmentation):
    """Mixes the output of a residual stage, and owns the loss for that."""

    name = "hidden_mix"
    paper = "example"
    stage = Stage.LOSS
    claims = frozenset({"loss", "partner"})

    def loss(self, model, criterion, images, targets, rng, context):
        share, order = float(rng.beta(2, 2)), torch.from_numpy(rng.permutation(len(images)))

        def mix(module, inputs, output):
            return share * output + (1 - share) * output[order]

        handle = model.net.layer2.register_forward_hook(mix)
        try:
            logits = model(images)
        finally:
            handle.remove()
        return criterion(logits, share * targets + (1 - share) * targets[order])


@method
class BlockDropout(Augmentation):
    """Puts dropout behind the last activation of every residual block."""

    name = "block_dropout"
    paper = "example"
    stage = Stage.MODEL
    p: Annotated[float, Interval(ge=0, lt=1)] = 0.5

    def prepare(self, model):
        blocks = [module for name, module in model.named_modules() if name.endswith("act2")]
        if not blocks:
            raise MixBenchError("block_dropout: needed residual blocks, got a backbone without; use a ResNet")
        for block in blocks:
            block.register_forward_hook(
                lambda module, inputs, output: nn.functional.dropout(output, self.p, module.training)
            )


SEEN: dict[str, list] = {}


@method
class OddEpochs(Augmentation):
    """Acts in every second epoch only."""

    name = "odd_epochs"
    paper = "example"
    stage = Stage.IMAGE
    changes = ("pixels", "schedule")

    def mix(self, images, targets, rng, context=None):
        SEEN.setdefault("epochs", []).append((context.epoch, context.epochs))
        return (images * 0.5, targets) if context.epoch % 2 else (images, targets)


@method
class NearestBlend(Augmentation):
    """Blends each image with its nearest training image."""

    name = "nearest_blend"
    paper = "example"
    stage = Stage.MIX
    claims = frozenset({"partner"})

    def mix(self, images, targets, rng, context=None):
        train_split = context.data.train
        table = context.once("nearest", lambda: nearest(train_split, 1, same_class=False))
        SEEN.setdefault("tables", []).append(id(table))
        SEEN.setdefault("match", []).append(torch.equal(train_split.pixels(context.indices), images))
        partner = table[context.indices, 0]
        return (images + train_split.pixels(partner)) / 2, (
            targets + train_split.one_hot(partner, targets.shape[1])
        ) / 2


@method
class LearnedScale(Augmentation):
    """Learns a scale of the logits along with the model, and is the criterion by another link."""

    name = "learned_scale"
    paper = "example"
    stage = Stage.LOSS
    claims = frozenset({"loss"})

    def learner(self, model, classes):
        SEEN["learner"] = [nn.Linear(1, classes)]
        SEEN["before"] = [SEEN["learner"][0].weight.detach().clone()]
        return SEEN["learner"][0]

    def loss(self, model, criterion, images, targets, rng, context):
        return criterion(model(images) * context.learned[self.name].weight.T, targets)


@method
class Tempered(Augmentation):
    """A criterion of its own with a link of its own."""

    name = "tempered"
    paper = "example"
    stage = Stage.CRITERION
    claims = frozenset({"criterion"})

    def criterion(self, logits, targets):
        return -(targets * self.log_probabilities(logits)).sum(1).mean()

    def log_probabilities(self, logits):
        return (logits / 2).log_softmax(1)

    @property
    def link(self):
        return "softmax(t=2)"


EXAMPLES = [HiddenMix, BlockDropout, OddEpochs, NearestBlend, LearnedScale, Tempered]


@pytest.fixture(autouse=True)
def example_table(monkeypatch):
    SEEN.clear()
    names = {**table.BY_NAME, **{example.name: example for example in EXAMPLES}}
    monkeypatch.setattr(build, "BY_NAME", names)


def spec(aug: str, seed: int = 0, noise: float = 0.0) -> TrainingSpec:
    digits = load_suite("digits").written
    written = {**digits, "training": {**digits["training"], "epochs": EPOCHS, "batch_size": 256}}
    suite = Suite.model_validate({**written, "written": written})
    made = build.composition(aug)
    rest = {"augmentation": build.canonical(made), "method_versions": build.versions(made)}
    return TrainingSpec.of(suite, backbone="test_resnet", noise=noise, seed=seed, device="cpu", **rest)


def weights(trained) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in trained.model.parameters()])


@pytest.fixture(scope="module")
def erm():
    return weights(train(spec("erm")))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_trains_repeats_and_does_something(example, erm):
    first, second = train(spec(example.name)), train(spec(example.name))
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), erm)
    assert np.isfinite(first.train_loss).all()


def test_hidden_mix_leaves_no_hook_behind():
    model = train(spec("hidden_mix")).model
    assert not model.net.get_submodule("layer2")._forward_hooks


def test_schedule_sees_every_epoch():
    train(spec("odd_epochs"))
    assert set(SEEN["epochs"]) == {(epoch, EPOCHS) for epoch in range(EPOCHS)}


def test_neighbours_are_worked_out_once_and_indices_are_the_batch():
    train(spec("nearest_blend"))
    assert len(set(SEEN["tables"])) == 1
    assert all(SEEN["match"])


def test_learned_parameters_train_along():
    train(spec("learned_scale"))
    assert not torch.equal(SEEN["learner"][0].weight, SEEN["before"][0])


def test_criterion_and_link_are_the_claimers():
    made = build.composition("tempered+cutout")
    assert made.link == "softmax(t=2)"
    logits = torch.tensor([[2.0, 0.0]])
    assert torch.allclose(made.log_probabilities(logits), torch.tensor([[1.0, 0.0]]).log_softmax(1))


def test_combinations_train_and_conflicts_are_refused():
    train(spec("cutout+cutmix+label_smoothing+block_dropout+tempered"))
    with pytest.raises(MixBenchError, match="both choose a mixing partner"):
        build.composition("hidden_mix+mixup")
    with pytest.raises(MixBenchError, match="both own the loss"):
        build.composition("hidden_mix+learned_scale")


def test_a_backbone_without_the_hook_is_refused():
    unfit = spec("block_dropout").model_copy(update={"backbone": "resnetv2_18"})
    with pytest.raises(MixBenchError, match="needed residual blocks"):
        prepared_model(unfit)


def test_more_draws_for_one_method_move_no_other():
    """cutout draws alike whether or not label smoothing and a hungry image method stand beside it."""
    images, targets = torch.rand(4, 1, 8, 8), torch.eye(4)
    alone, _ = build.composition("cutout").mix(images, targets, np.random.default_rng(0))
    beside, _ = build.composition("cutout(holes=1)+label_smoothing").mix(images, targets, np.random.default_rng(0))
    assert torch.equal(alone, beside)


def test_the_callers_generators_are_left_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    train(spec("block_dropout"))
    assert torch.equal(before, torch.get_rng_state())
