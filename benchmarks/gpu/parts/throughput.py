"""Training against the raw limit: forward, backward and step on one resident batch, epochs of both in turn."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from statistics import median

import torch

from benchmarks.gpu.part import Check
from benchmarks.gpu.suites import plan_on, suite_with
from benchmarks.gpu.timing import spread
from mixbench.data.split import DataSet, Split
from mixbench.spec.suite import Suite
from mixbench.spec.training import TrainingSpec
from mixbench.torch_state import fixed_arithmetic
from mixbench.training import train as training
from mixbench.training.optimise import optimiser
from mixbench.training.predict import predictions_on
from mixbench.training.prepare import prepared_model
from mixbench.training.train import train


def measure(check: Check) -> None:
    """Compare test_resnet on digits, and ResNet-18 on 32 × 32 colour images in bfloat16 with channels last."""
    epochs, images = (2, 256) if check.quick else (5, 20_480)
    flat = {"name": "linear", "warmup_epochs": 0.5, "warmup_start": 0.1}
    _compare(check, "test_resnet, digits", suite_with("digits", epochs=epochs, schedule=flat), "test_resnet", None)
    batch = 64 if check.quick else 256
    colour = suite_with("cifar10", epochs=epochs, schedule=flat, precision="bfloat16", batch_size=batch, threads=1)
    _compare(check, "resnet18, 32x32, bfloat16", colour, "test_resnet" if check.quick else "resnet18", images)


def _compare(check: Check, name: str, suite: Suite, backbone: str, images: int | None) -> None:
    plan = plan_on(suite.model_copy(update={"backbone": backbone}), ["cutmix"], check.device)
    spec = plan.records[0].trainings["model"]
    known, data = training.load, _random(suite, images) if images else training.load(suite.data)
    # The loop's own data set is replaced by one of the same kind, since CIFAR-10 need not be on the machine.
    training.load = lambda section: data
    try:
        loop = _epochs(lambda told: train(spec, told))
        raw = _epochs(lambda told: _raw(check, spec, suite, data, told))
    finally:
        training.load = known
    steps = len(data.train) // suite.training.batch_size
    found = {
        "images": len(data.train),
        "steps": steps,
        "batch": suite.training.batch_size,
        "loop": spread(loop),
        "raw": spread(raw),
    }
    found |= {"images_per_second": len(data.train) / median(loop), "share_of_raw": median(raw) / median(loop)}
    check.note(name, found)


def _epochs(run: Callable[[Callable[[object], None]], object]) -> list[float]:
    """Seconds of every epoch but the first, whose kernels are chosen on the way."""
    ends: list[float] = []
    run(lambda progress: ends.append(time.perf_counter()))
    return [after - before for before, after in itertools.pairwise(ends)]


def _raw(check: Check, spec: TrainingSpec, suite: Suite, data: DataSet, told: Callable[[object], None]) -> None:
    budget, placed = suite.training, data.to(check.device)
    with fixed_arithmetic(budget.threads):
        model, _ = prepared_model(spec)
        model.to(check.device)
        step = optimiser(model.parameters(), budget)
        batch = torch.arange(budget.batch_size, device=check.device)
        images, targets = placed.train.pixels(batch), placed.train.one_hot(batch, data.classes)
        for _ in range(budget.epochs):
            model.train()
            for _ in range(-(-len(data.train) // budget.batch_size)):
                with torch.autocast(check.device, torch.bfloat16, enabled=budget.precision == "bfloat16"):
                    loss = -(targets * model(images).log_softmax(1)).sum(1).mean()
                step.zero_grad(set_to_none=True)
                loss.backward()
                step.step()
            float((predictions_on(model.eval(), placed.test) != placed.test.labels).double().mean())
            told({})


def _random(suite: Suite, images: int) -> DataSet:
    data, generator = suite.data, torch.Generator().manual_seed(0)

    def split(count: int) -> Split:
        shape = (count, data.channels, data.height, data.width)
        pixels = torch.randint(256, shape, generator=generator, dtype=torch.uint8)
        return Split(pixels, torch.arange(count) % data.classes)

    return DataSet(split(images), split(images // 5), data.classes, tuple(data.mean), tuple(data.std))
