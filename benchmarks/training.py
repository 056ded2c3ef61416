"""Training beside the raw limit, one resident batch through forward, backward and step, and beside the usual script."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from by_hand_training import Images, plain_net
from by_hand_training import train as train_by_hand
from measured import Row, Settings, in_turn, ratios
from models import SIZES, Size

from mixbench.data.load import load
from mixbench.data.split import DataSet
from mixbench.spec.training import TrainingSpec
from mixbench.torch_state import fixed_arithmetic
from mixbench.training.optimise import optimiser
from mixbench.training.predict import batches
from mixbench.training.prepare import prepared_model
from mixbench.training.train import train

EPOCHS = {"digits, test_resnet": 4, "32×32, resnet18": 2}
"""The first one warms up and does not count."""


def measure(settings: Settings) -> Iterator[Row]:
    """Yield the ratios for each size and precision."""
    with tempfile.TemporaryDirectory() as folder:
        for make in SIZES:
            size = make(Path(folder))
            for precision in ("float32",) if settings.quick else ("float32", "bfloat16"):
                yield from _rows(size, precision, settings.few(3) if size.backbone == "resnet18" else settings.repeats)


def _rows(size: Size, precision: str, repeats: int) -> Iterator[Row]:
    spec = size.spec(EPOCHS[size.name], precision)
    data, seconds = load(spec.resolved()[0]), {"ours": [], "raw": [], "by hand": []}
    works = {"ours": _ours(spec), "raw": _raw(spec, data), "by hand": _by_hand(spec, data)}
    with fixed_arithmetic(1):
        in_turn({name: lambda name=name: seconds[name].append(works[name]()) for name in works}, repeats)
    seconds = {name: values[1:] for name, values in seconds.items()}
    what = f"{size.name}, {precision}"
    yield Row("training", f"{what}: raw limit / ours", "ratio", ratios(seconds, "raw", "ours"), "≥ 0.97")
    yield Row("training", f"{what}: raw limit / by hand", "ratio", ratios(seconds, "raw", "by hand"))


def _clock(ticks: list[float]) -> Callable[[object], None]:
    return lambda progress: ticks.append(time.perf_counter())


def _ours(spec: TrainingSpec) -> Callable[[], float]:
    def work() -> float:
        ticks: list[float] = []
        train(spec, _clock(ticks))
        return ticks[-1] - ticks[0]

    return work


def _raw(spec: TrainingSpec, data: DataSet) -> Callable[[], float]:
    """As many steps on one resident batch, and as many forward passes on the test images, as the epochs that count."""
    _, _, budget = spec.resolved()
    model, _ = prepared_model(spec)
    steps = optimiser(list(model.parameters()), budget)
    sizes = [len(part) for part in torch.arange(len(data.train)).split(budget.batch_size) if len(part) > 1]
    batch = {size: (data.train.pixels(slice(size)), data.train.labels[:size]) for size in set(sizes)}
    test = data.test.pixels()

    def epoch() -> None:
        model.train()
        for size in sizes:
            images, labels = batch[size]
            with torch.autocast("cpu", torch.bfloat16, enabled=budget.precision == "bfloat16"):
                loss = torch.nn.functional.cross_entropy(model(images), labels)
            steps.zero_grad(set_to_none=True)
            loss.backward()
            steps.step()
        model.eval()
        with torch.no_grad():
            for part in batches(len(test)):
                model(test[part])

    def work() -> float:
        epoch()
        started = time.perf_counter()
        for _ in range(budget.epochs - 1):
            epoch()
        return time.perf_counter() - started

    return work


def _by_hand(spec: TrainingSpec, data: DataSet) -> Callable[[], float]:
    section, _, budget = spec.resolved()
    parts = [
        Images(each.images, each.labels, each.white, section.mean, section.std) for each in (data.train, data.test)
    ]

    def work() -> float:
        ticks: list[float] = []
        model = plain_net(spec.backbone, section)
        rate, precision = budget.optimizer.learning_rate, budget.precision
        train_by_hand(model, *parts, budget.epochs, budget.batch_size, rate, precision=precision, report=_clock(ticks))
        return ticks[-1] - ticks[0]

    return work
