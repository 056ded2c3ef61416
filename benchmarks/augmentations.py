"""What every method costs: its share of a training step, beside timm's, torchvision's and kornia's versions.

    python benchmarks/augmentations.py [--model resnet18] [--methods random_erasing fmix] [--repeats 20]

A method's share is that of its mix as the training loop calls it, which names a stream of randomness for each method;
ratios are to its mix alone, given a generator, as the others' functions have theirs.

A step is forward, backward and SGD of the model with the small stem on 128 images of 32×32, on one thread. Mixing and
its competitors are timed in turn, so that what else the machine does hits all alike; medians count. Methods that change
the model, the criterion or the loss are timed as whole steps, of which the plain step is subtracted.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from statistics import median

import kornia.augmentation as kornia
import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from timm.data.mixup import Mixup
from timm.data.random_erasing import RandomErasing
from torch import Tensor
from torchvision.transforms import v2

from mixbench.augment.build import composition
from mixbench.augment.compose import Composition
from mixbench.augment.protocol import Context
from mixbench.augment.table import BY_NAME
from mixbench.data.split import DataSet, Split
from mixbench.spec.sections.data import Data
from mixbench.training.backbone import build

BATCH, SIDE, CLASSES, STEPS = 128, 32, 10, 3
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
DATA = Data.model_construct(classes=CLASSES, channels=3, height=SIDE, width=SIDE, mean=list(MEAN), std=list(STD))
Work = Callable[[], object]


def competitors(images: Tensor, labels: Tensor) -> dict[str, dict[str, Work]]:
    """Return each method's versions elsewhere; those that work in place get a copy, as a caller needs."""
    timm_mixup = Mixup(mixup_alpha=1, label_smoothing=0, num_classes=CLASSES)
    timm_cutmix = Mixup(mixup_alpha=0, cutmix_alpha=1, label_smoothing=0, num_classes=CLASSES)
    timm_erasing = RandomErasing(0.5, 0.02, 0.4, device="cpu")
    erasing = v2.RandomErasing(0.5, (0.02, 0.4))
    kornia_erasing = kornia.RandomErasing((0.02, 0.4), p=0.5)
    v2_mixup, v2_cutmix = v2.MixUp(num_classes=CLASSES), v2.CutMix(num_classes=CLASSES)
    keys = {"data_keys": ["input", "class"], "p": 1.0}
    kornia_mixup, kornia_cutmix = kornia.RandomMixUpV2(**keys), kornia.RandomCutMixV2(**keys, use_correct_lambda=True)
    mosaic = kornia.RandomMosaic(p=1.0)
    return {
        "mixup": {
            "timm": lambda: timm_mixup(images.clone(), labels),
            "torchvision": lambda: v2_mixup(images, labels),
            "kornia": lambda: kornia_mixup(images, labels),
        },
        "cutmix": {
            "timm": lambda: timm_cutmix(images.clone(), labels),
            "torchvision": lambda: v2_cutmix(images, labels),
            "kornia": lambda: kornia_cutmix(images, labels),
        },
        "random_erasing": {
            "timm": lambda: timm_erasing(images.clone()),
            "torchvision": lambda: torch.stack([erasing(image) for image in images]),
            "kornia": lambda: kornia_erasing(images),
        },
        "mosaic": {"kornia": lambda: mosaic(images)},
    }


def timed(work: dict[str, Work], repeats: int) -> dict[str, float]:
    """Return each work's median seconds, after one round that does not count.

    Every round has an order of its own, since whoever follows a large work finds the caches cold.
    """
    seconds: dict[str, list[float]] = {name: [] for name in work}
    rng = np.random.default_rng(0)
    for _ in range(repeats + 1):
        for name in rng.permutation(list(work)):
            started = time.perf_counter()
            work[name]()
            seconds[name].append(time.perf_counter() - started)
    return {name: median(values[1:]) for name, values in seconds.items()}


def step(backbone: str, augmentation: Composition, images: Tensor, targets: Tensor, context: Context) -> Work:
    """Return a training step of a fresh model, without mixing."""
    model = build(backbone, DATA)
    augmentation.prepare(model)
    learned = augmentation.learners(model, CLASSES)
    context = Context(context.epoch, context.epochs, context.indices, context.data, learned, context.memo)
    parameters = [p for module in (model, *learned.values()) for p in module.parameters()]
    optimiser = torch.optim.SGD(parameters, lr=0.01, momentum=0.9)
    rng = np.random.default_rng(0)

    def run() -> None:
        optimiser.zero_grad(set_to_none=True)
        augmentation.loss(model, augmentation.criterion, images, targets, rng, context).backward()
        optimiser.step()

    return run


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What every augmentation costs.")
    parser.add_argument("--model", default="resnet18")
    parser.add_argument("--methods", nargs="+", default=list(BY_NAME), choices=list(BY_NAME), metavar="NAME")
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (BATCH, 3, SIDE, SIDE), generator=generator, dtype=torch.uint8)
    train = Split(pixels, torch.arange(BATCH) % CLASSES)
    context = Context(5, 10, torch.arange(BATCH), DataSet(train, train, CLASSES, MEAN, STD))
    images, targets = train.pixels(), train.one_hot(slice(None), CLASSES)
    elsewhere = competitors(images, train.labels)
    table = Table("method", "ms", "share of a step", *(f"{name} / ours" for name in ("timm", "torchvision", "kornia")))
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("plain step", total=len(arguments.methods) + 1)
        plain_step = step(arguments.model, composition("erm"), images, targets, context)
        plain = timed({"plain": plain_step}, STEPS)["plain"]
        for name in arguments.methods:
            progress.update(task, advance=1, description=name)
            augmentation, rng = composition(name), np.random.default_rng(0)
            mix = {
                "ours": lambda: augmentation.mix(images, targets, rng, context),  # noqa: B023
                "method": lambda: augmentation.parts[0].mix(images, targets, rng, context),  # noqa: B023
            }
            seconds = timed(mix | elsewhere.get(name, {}), arguments.repeats)
            cost = seconds["ours"]
            if set(BY_NAME[name].changes) & {"model", "criterion", "loss"}:
                works = {"with": step(arguments.model, augmentation, images, targets, context), "plain": plain_step}
                steps = timed(works, STEPS)
                cost += steps["with"] - steps["plain"]
            ratios = (
                f"{seconds[n] / seconds['method']:.2f}" if n in seconds else ""
                for n in ("timm", "torchvision", "kornia")
            )
            table.add_row(name, f"{cost * 1e3:.2f}", f"{cost / plain:.2%}", *ratios)
        progress.update(task, advance=1)
    Console(width=110).print(table)
    Console(width=110).print(f"a plain step of {arguments.model}: {plain * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
