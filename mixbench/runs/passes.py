"""How many images go through a model, and which way: a training's, and the battery's by the table of attacks."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from mixbench.augment.build import forward_passes, passes_without_gradient
from mixbench.results.attacks import CORE, attacks_in
from mixbench.spec.kinds import MIXERS
from mixbench.spec.sections.battery import Battery
from mixbench.spec.suite import Suite

LAMBDAS = 11
"""Points of a pair in between, for each mixer."""


LOOK = 1
"""At the images themselves, where all attacks of the core group start: each takes one less."""


class Passes(NamedTuple):
    """Passes of an image: forward alone; with the gradient to its pixels; with a training step's gradients."""

    forward: int = 0
    attacked: int = 0
    trained: int = 0

    @property
    def images(self) -> int:
        """All forward passes, whatever follows them."""
        return sum(self)

    @property
    def weight(self) -> int:
        """How many passes forward take as long: a gradient to the pixels doubles one, a training's triples it."""
        return self.forward + 2 * self.attacked + 3 * self.trained

    def times(self, images: int) -> Passes:
        """Return those of so many images."""
        return Passes(*(each * images for each in self))

    def plus(self, other: Passes) -> Passes:
        """Return both together."""
        return Passes(*(a + b for a, b in zip(self, other, strict=True)))


def training_passes(augmentation: str, epochs: int, train: int, test: int) -> Passes:
    """Count a training's: every step, the test images after each epoch, and both splits once more after the last."""
    silent = passes_without_gradient(augmentation)
    steps = Passes(forward=silent, trained=forward_passes(augmentation) - silent).times(epochs * train)
    return steps.plus(Passes(forward=epochs * test + train + test))


def training_passes_of(suite: Suite, augmentation: str) -> Passes:
    """Count those of an augmentation's training under a suite."""
    return training_passes(augmentation, suite.training.epochs, suite.data.train_images, suite.data.test_images)


def examination_passes(suite: Suite) -> Passes:
    """Count those of an examination under a suite: the test images', shifted ones too, and the pairs' in between."""
    shifted = Passes(forward=len(suite.shifts))
    tested = battery_passes(suite.battery).plus(shifted).times(suite.data.test_images)
    return tested.plus(pair_passes(suite.data.values.mixers).times(suite.battery.pairs))


def transfer_passes() -> Passes:
    """Count, for a test image, those that the surrogate's examples take."""
    return Passes(attacked=LOOK + sum(attack.passes - LOOK for attack in attacks_in(CORE) if "black" in attack.boxes))


def group_passes(group: str, shared: int = 0) -> Passes:
    """Count, for a test image, those of a group's attacks on the model itself: each example is judged by one more.

    So many of each attack's are `shared` by all, and counted elsewhere.
    """
    attacks = attacks_in(group)
    return Passes(forward=len(attacks), attacked=sum(attack.passes - shared for attack in attacks))


def battery_passes(battery: Battery) -> Passes:
    """Count, for a test image, those of a whole examination."""
    black = sum("black" in attack.boxes for attack in attacks_in(CORE))
    points = sum(eps not in (0.0, battery.eps) for eps in battery.eps_curve)
    # Clean, the look, plain FGSM judged, and the surrogate's examples.
    single = Passes(forward=1 + 1 + black, attacked=LOOK)
    return group_passes(CORE, LOOK).times(1 + points).plus(single)


def pair_passes(mixers: Collection[str] = MIXERS) -> Passes:
    """Count those of a pair in between: each mixer at each λ, the gradient on mixup's points."""
    return Passes(forward=LAMBDAS * ("cutmix" in mixers), attacked=LAMBDAS)
