"""One training, from its spec to weights and history: a pure function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mixbench.augment.compose import Composition
from mixbench.augment.protocol import Context
from mixbench.data.decoders import kept_decoders
from mixbench.data.feed import transformed
from mixbench.data.load import load
from mixbench.data.noise import given_labels_of
from mixbench.data.split import DataSet
from mixbench.spec.errors import MixBenchError, TrainingDiverged
from mixbench.spec.sections.training import Budget
from mixbench.spec.sections.transform import Transform
from mixbench.spec.seeding import stream
from mixbench.spec.stopping import keepable
from mixbench.spec.training import TrainingSpec
from mixbench.torch_state import fixed_arithmetic, library_randomness
from mixbench.training.backbone import Classifier
from mixbench.training.body import begin_with
from mixbench.training.checkpoint import GO_ON, Checkpoint
from mixbench.training.optimise import optimiser, rate_factor, set_rate
from mixbench.training.parts import backward, parts_of, refuse_parts
from mixbench.training.predict import predictions_on
from mixbench.training.prepare import prepared_model
from mixbench.training.several import together
from mixbench.training.state import State

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Trained:
    """A finished training: the model in evaluation mode, what it was given, and what it predicts.

    given, corrupted, train_predicted (N_train,); test_predicted (N_test,); train_loss, test_error one an epoch.
    """

    model: Classifier
    given: Int[Tensor, " n"]
    corrupted: Bool[Tensor, " n"]
    train_predicted: Int[Tensor, " n"]
    test_predicted: Int[Tensor, " m"]
    train_loss: list[float]
    test_error: list[float]


@dataclass(frozen=True)
class _Run:
    spec: TrainingSpec
    data: DataSet
    transform: Transform
    budget: Budget
    augmentation: Composition
    state: State
    checkpoint: Checkpoint | None
    report: Report


def train(
    spec: TrainingSpec,
    report: Report = lambda progress: None,
    checkpoint: Checkpoint | None = None,
    pretrained: Mapping[str, Tensor] | None = None,
) -> Trained:
    """Train a model and return its last epoch; `report` hears of every epoch.

    `pretrained` are the weights of the spec's pretraining, where it has one.

    With a checkpoint the state is kept there now and then, and what lies there is gone on from with the same bits.
    TrainingDiverged where the loss stops being a number, TrainingStopped where the process was told to stop;
    MixBenchError for data or backbone that do not fit.
    """
    if not spec.run_sources:
        raise MixBenchError(f"training: {spec.augmentation!r} would run a source that is not to be run here")
    data_section, transform, budget = spec.resolved()
    data = load(data_section)
    given, corrupted = given_labels_of(data.train.labels, data_section, spec.noise)
    data = replace(data, train=data.train.with_labels(given)).to(spec.device)
    with fixed_arithmetic(budget.threads), library_randomness(stream(spec.seed, "library")), kept_decoders():
        model, augmentation = prepared_model(spec)
        if spec.pretraining is not None:
            begin_with(pretrained, model)
        several = together(spec)
        refuse_parts(spec, augmentation)
        model.to(spec.device)
        learned = augmentation.learners(model, data.classes)
        parameters = [p for module in (model, *learned.values()) for p in module.to(spec.device).parameters()]
        several.prepare([model, *learned.values()])
        state = State(model, learned, optimiser(parameters, budget), several=several)
        if several.rank:
            torch.manual_seed(int(stream(spec.seed, "library", several.rank).integers(2**63)))
        run = _Run(spec, data, transform, budget, augmentation, state, checkpoint, report)
        with keepable() if checkpoint else nullcontext():
            _go_on(run)
            _epochs(run)
        train_predicted = predictions_on(model, data.train, several)
        test_predicted = predictions_on(model, data.test, several)
        _check_weights(run)
    return Trained(
        model=model,
        given=given,
        corrupted=corrupted,
        train_predicted=train_predicted.cpu(),
        test_predicted=test_predicted.cpu(),
        train_loss=state.progress.losses,
        test_error=state.progress.errors,
    )


def _go_on(run: _Run) -> None:
    """Put back what was kept of this training, if anything."""
    said = run.checkpoint.restore(run.state) if run.checkpoint else ""
    if said:
        _say(run, said)


def _keep(run: _Run) -> None:
    """Keep the state where that is due."""
    progress, checkpoint = run.state.progress, run.checkpoint
    wish = run.state.several.agree(checkpoint.wish(), progress.step) if checkpoint else GO_ON
    if checkpoint and wish and (fault := checkpoint.keep(run.state, wish)):
        _say(run, fault)


def _say(run: _Run, said: str) -> None:
    run.report({"epoch": run.state.progress.epoch, "epochs": run.budget.epochs, "says": said})


def _epochs(run: _Run) -> None:
    progress = run.state.progress
    while progress.epoch < run.budget.epochs:
        progress.losses.append(_epoch(run))
        progress.errors.append(_test_error(run))
        progress.epoch, progress.step, progress.step_losses = progress.epoch + 1, 0, []
        run.report({"epoch": progress.epoch, "epochs": run.budget.epochs, "test_error": progress.errors[-1]})
        _keep(run)


def _test_error(run: _Run) -> float:
    state, test = run.state, run.data.test
    state.model.eval()
    return float((predictions_on(state.model, test, state.several) != test.labels).double().mean())


def _epoch(run: _Run) -> float:
    """Take the steps of the present epoch that are left and return its mean loss."""
    for module in (run.state.model, *run.state.learned.values()):
        module.train()
    progress = run.state.progress
    order = torch.from_numpy(stream(run.spec.seed, "order", progress.epoch).permutation(len(run.data.train)))
    # Batch norm cannot train on one image alone, so a last batch of one is left out.
    chunks = [chunk for chunk in order.split(run.budget.batch_size) if len(chunk) > 1]
    left = range(progress.step, len(chunks))
    draws = (stream(run.spec.seed, "base transform", progress.epoch, step) for step in left)
    images = transformed(run.data.train, zip(chunks[progress.step :], draws, strict=True), run.transform)
    for step, each in zip(left, images, strict=True):
        progress.step_losses.append(_step(run, progress.epoch, step, len(chunks), chunks[step], each))
        progress.step = step + 1
        _keep(run)
    return _mean_loss(run)


def _mean_loss(run: _Run) -> float:
    losses = torch.stack(run.state.progress.step_losses)
    bad = (~losses.isfinite()).nonzero().flatten().tolist()
    if bad:
        raise TrainingDiverged(
            f"training of {run.spec.augmentation} (noise {run.spec.noise}, seed {run.spec.seed}): the loss became"
            f" {float(losses[bad[0]])} at epoch {run.state.progress.epoch + 1}, step {bad[0] + 1}; lower the suite's"
            " learning_rate or the method's strength"
        )
    return float(losses.mean())


def _check_weights(run: _Run) -> None:
    """The last step's own loss says nothing of the weights that it left."""
    if not all(bool(values.isfinite().all()) for values in run.state.model.state_dict().values()):
        raise TrainingDiverged(
            f"training of {run.spec.augmentation} (noise {run.spec.noise}, seed {run.spec.seed}): the weights became"
            f" NaN or infinite in epoch {run.budget.epochs}; lower the suite's learning_rate or the method's strength"
        )


def _step(run: _Run, epoch: int, step: int, steps: int, chunk: Tensor, images: Tensor) -> Tensor:
    """Take one step on images after the base transform and return its loss, detached and still on the device."""
    spec, budget, train, state = run.spec, run.budget, run.data.train, run.state
    indices = chunk.to(spec.device)
    context = Context(epoch, budget.epochs, indices, run.data, state.learned, state.memo)
    targets = train.one_hot(indices, run.data.classes)
    images, targets = run.augmentation.mix(images, targets, stream(spec.seed, "mix", epoch, step), context)
    rate = budget.optimizer.learning_rate * rate_factor(budget.schedule, epoch + step / steps, budget.epochs)
    set_rate(state.optimiser, rate)
    rng = stream(spec.seed, "loss", epoch, step)

    def loss_of(images: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(spec.device, torch.bfloat16, enabled=budget.precision == "bfloat16"):
            return run.augmentation.loss(state.model, run.augmentation.criterion, images, targets, rng, context)

    parts = parts_of(len(images), spec.micro_batch, state.several)
    loss = backward(loss_of, images, targets, parts, state.several, state.optimiser)
    state.optimiser.step()
    return loss
