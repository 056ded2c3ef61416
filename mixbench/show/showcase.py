"""What an augmentation makes of a few training images, as plain arrays for whoever draws them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixbench.augment.build import canonical, composition
from mixbench.augment.compose import Choice, Composition
from mixbench.augment.protocol import Augmentation, Context
from mixbench.augment.traits import Stage
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import stream
from mixbench.spec.suite import Suite, load_suite

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float

    from mixbench.augment.protocol import Images
    from mixbench.data.split import Split
    from mixbench.show.tracing import Area, Remix

    Image = Float[np.ndarray, "c h w"]

EXAMPLES = 5
BATCH = 64


@dataclass(frozen=True)
class Source:
    """A training image (C, H, W) in [0, 1] with its class."""

    image: Image
    label: int


@dataclass(frozen=True)
class Partner(Source):
    """An image that a result is made of, with its share of each of the result's pixels (H, W)."""

    area: Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class Example:
    """One training image, its partners (greatest share first), its result (C, H, W) and target (K,).

    Where it could not be `traced`, no partners are known.
    """

    original: Source
    partners: tuple[Partner, ...]
    result: Image
    target: Float[np.ndarray, " k"]
    traced: bool = True


@dataclass(frozen=True)
class Showcase:
    """A canonical spec's examples, what each of its methods says of itself, and notes for the reader."""

    spec: str
    methods: tuple[tuple[str, str, str], ...]
    """Name, summary and paper of each."""
    notes: tuple[str, ...]
    examples: tuple[Example, ...]
    classes: tuple[str, ...]
    setting: str


def showcase(spec: str, suite: str | os.PathLike[str], seed: int = 0) -> Showcase:
    """Mix training images of a suite as half-way through a training, each from a batch with draws of its own.

    The same suite and seed show the same images for every spec. MixBenchError for a spec, suite, seed or data that
    cannot be used.
    """
    if seed < 0:
        raise MixBenchError(f"seed: needed 0 or more, got {seed}")
    augmentation = composition(spec)
    loaded = load_suite(suite)
    if not loaded.data.values.plane:
        raise MixBenchError(
            f"show: needed a suite of images, got {loaded.name} of {loaded.data.kind} data; name another"
        )
    context = example_context(loaded, seed)
    rows = of_different_classes(context.data.train.labels[context.indices].tolist())
    examples = tuple(_example(augmentation, context, row, seed) for row in rows)
    methods = _methods(augmentation)
    return Showcase(
        spec=canonical(augmentation),
        methods=tuple((method.name, _summary(method), method.paper) for method in methods),
        notes=tuple(_notes(methods, examples)),
        examples=examples,
        classes=tuple(loaded.data.names),
        setting=f"suite {loaded.name}, seed {seed}, epoch {context.epoch + 1} of {context.epochs}",
    )


def example_context(suite: Suite, seed: int) -> Context:
    """Return a batch of a suite's training images, half-way through a training."""
    import torch

    from mixbench.data.load import load

    data = load(suite.data)
    chosen = stream(seed, "showcase images").permutation(len(data.train))[:BATCH]
    epochs = suite.training.epochs
    return Context(epochs // 2, epochs, torch.from_numpy(chosen), data)


def of_different_classes(labels: list[int]) -> list[int]:
    """Return the first places whose classes are new, filled up with the first of the others."""
    firsts = [place for place, label in enumerate(labels) if label not in labels[:place]]
    others = [place for place in range(len(labels)) if place not in firsts]
    return (firsts + others)[:EXAMPLES]


def _example(augmentation: Composition, context: Context, row: int, seed: int) -> Example:
    train = context.data.train
    targets = train.one_hot(context.indices, context.data.classes)
    # What changes each image by itself comes before what mixes them, so only the mixing is traced.
    alone, mixing = (
        Composition(tuple(part for part in augmentation.parts if (part.stage < Stage.MIX) == before))
        for before in (True, False)
    )

    def draws() -> np.random.Generator:
        return stream(seed, "showcase mix", row)

    images, targets = alone.mix(train.pixels(context.indices), targets, draws(), context)
    mixed, mixed_targets = mixing.mix(images, targets, draws(), context)
    found = _traced(lambda pixels, around: mixing.mix(pixels, targets, draws(), around)[0], images, context, row)
    return Example(
        original=Source(*_image(train, int(context.indices[row]))),
        partners=tuple(Partner(*_image(train, index), area.numpy()) for index, area in found or ()),
        result=mixed[row].numpy(),
        target=mixed_targets[row].numpy(),
        traced=found is not None,
    )


def _traced(remix: Remix, images: Images, context: Context, row: int) -> list[tuple[int, Area]] | None:
    from mixbench.show.tracing import Untraceable, sources

    try:
        return sources(remix, images, context, row)
    except Untraceable:
        return None


def _image(train: Split, index: int) -> tuple[Image, int]:
    return train.pixels(slice(index, index + 1))[0].numpy(), int(train.labels[index])


def _methods(augmentation: Augmentation) -> list[Augmentation]:
    if isinstance(augmentation, Composition):
        return [method for part in augmentation.parts for method in _methods(part)]
    return augmentation.options if isinstance(augmentation, Choice) else [augmentation]


def _summary(method: Augmentation) -> str:
    """The first line of its class's docstring; a user's own class stands behind the protocol as `instance`."""
    lines = (type(getattr(method, "instance", method)).__doc__ or "").strip().splitlines()
    return lines[0] if lines else "No docstring says what it does."


def _notes(methods: list[Augmentation], examples: tuple[Example, ...]) -> list[str]:
    notes = [note for note in map(_note, methods) if note]
    if not all(one.traced for one in examples):
        notes.append("The result turns on single pixels, so where its parts come from is not traced nor outlined.")
    if notes or any((one.result != one.original.image).any() for one in examples):
        return notes
    if any("pixels" in method.changes for method in methods):
        return ["These draws changed no pixel: the method is off at this epoch or for these batches."]
    return [f"{methods[0].name} changes nothing: these are the training images as they are."]


def _note(method: Augmentation) -> str:
    if method.stage is Stage.LOSS:
        return f"{method.name} works inside the loss of a training step, so there is no pixel mix to show."
    if method.changes and "pixels" not in method.changes:
        return f"{method.name} changes the {' and the '.join(method.changes)}, not the images."
    return ""
