"""The battery beside its counted passes (docs/performance.md): so many forward passes, and so many with a gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from measured import Row, Settings, in_turn, ratios
from torch import Tensor

from mixbench.battery.adversarial import transfer_examples
from mixbench.battery.battery import examine
from mixbench.battery.subject import Subject
from mixbench.data.split import Split
from mixbench.spec.suite import Suite, load_suite
from mixbench.torch_state import fixed_arithmetic
from mixbench.training.backbone import Classifier, build
from mixbench.training.predict import batches

SIZES = {"digits": 360, "fashion-mnist-small": 2000}
"""Suites and the images of their test splits."""


def measure(settings: Settings) -> Iterator[Row]:
    """Yield the ratio for each suite."""
    for name, count in SIZES.items():
        suite = load_suite(name)
        repeats = settings.repeats if count < 1000 else settings.few(1 if settings.quick else 3)
        with fixed_arithmetic(1):
            seconds = in_turn(works(suite, count), repeats)
        what = f"{name}, {count} images: battery / counted passes"
        yield Row(
            "battery", what, "ratio", ratios(seconds, "battery", "counted"), "≤ 1.2" if count < 1000 else "≤ 1.08"
        )


def works(suite: Suite, count: int) -> dict[str, Callable[[], object]]:
    """Return the battery and its counted passes on random images of a suite's size; time does not depend on pixels."""
    model = build(suite.backbone, suite.data, suite.model).eval()
    test, train = split(suite, count, 0), split(suite, 1000, 1)
    made = [
        transfer_examples(model, test.pixels(part), test.labels[part], suite.battery.eps) for part in batches(count)
    ]
    transfer = {name: torch.cat([each[name] for each in made]) for name in made[0]}

    def battery() -> None:
        examine(
            Subject(model), test, suite.battery, suite.data.name,
            lambda part: {name: examples[part] for name, examples in transfer.items()}, train,
        )  # fmt: skip

    return {"battery": battery, "counted": lambda: counted(model, test, suite)}


def split(suite: Suite, count: int, seed: int) -> Split:
    """Return random images and labels of a suite's size."""
    rng, data = torch.Generator().manual_seed(seed), suite.data
    pixels = torch.randint(256, (count, data.channels, data.height, data.width), generator=rng, dtype=torch.uint8)
    return Split(pixels, torch.randint(data.classes, (count,), generator=rng))


def counted(model: Classifier, test: Split, suite: Suite) -> None:
    """Make the counted passes on resident floats, and nothing else.

    Clean, judging white and black FGSM and I-FGSM, and judging plain FGSM are forward passes; I-FGSM's ten steps, of
    which FGSM's is the first, and plain FGSM's have gradients; so have those of I-FGSM at each further ε of the curves,
    which are judged too, as FGSM's there. In between there are both for each λ.
    """
    images, labels = test.pixels(), test.labels
    points = sum(eps not in (0.0, suite.battery.eps) for eps in suite.battery.eps_curve)
    for _ in range(1 + 2 + 2 + 1 + 2 * points):
        forward(model, images)
    for _ in range(10 + 1 + 10 * points):
        with_gradient(model, images, labels)
    pairs = images.repeat(1 + suite.battery.pairs // len(images), 1, 1, 1)[: suite.battery.pairs]
    truth = labels.repeat(1 + suite.battery.pairs // len(images))[: suite.battery.pairs]
    for _ in range(11):
        forward(model, pairs)
        with_gradient(model, pairs, truth)


@torch.no_grad()
def forward(model: Classifier, images: Tensor) -> None:
    """Go through the model."""
    for part in batches(len(images)):
        model(images[part])


def with_gradient(model: Classifier, images: Tensor, labels: Tensor) -> None:
    """Go through the model, and back to the pixels."""
    for part in batches(len(images)):
        pixels = images[part].clone().requires_grad_()
        torch.autograd.grad(torch.nn.functional.cross_entropy(model(pixels), labels[part]), pixels)
