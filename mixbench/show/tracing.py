"""Where a mixed image comes from: found by mixing again, with the same draws, images of which some are nudged.

A little brighter or darker, they leave what a method reads from the pixels as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from mixbench.data.split import EVERY, Split

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from mixbench.augment.protocol import Context, Images

    Area = Float[Tensor, "h w"]
    Remix = Callable[[Images, Context], Tensor]

SMALLEST = 1e-3
"""The share of an image's pixels below which a source counts as absent."""
NUDGES = (4 / 255, 1 / 255)
"""Changes of brightness that are tried, whole steps of 8-bit images."""
SLACK = 0.01
"""By how much a share may pass 1; what passes it by more is another decision of the method, no share."""
UNCLEAR = 0.01
"""Of an image's pixels, how many may be unclear."""


class Untraceable(Exception):
    """The method's result depends on its pixels in such a way that no small change of them shows where they went."""


@dataclass(frozen=True)
class Nudged(Split):
    """A split whose images are brighter by `nudges` (N,), a number each."""

    nudges: Tensor | None = None

    def pixels(self, which: Tensor | slice = EVERY) -> Tensor:
        """Return the chosen images, as far as they are larger cut, with what they are brighter by."""
        return super().pixels(which) + self._by(which)

    def stored_pixels(self, which: Tensor | slice = EVERY) -> Tensor:
        """Return the chosen images, as large as they are stored, with what they are brighter by."""
        return super().stored_pixels(which) + self._by(which)

    def _by(self, which: Tensor | slice) -> Tensor:
        assert self.nudges is not None
        return self.nudges[which].reshape(-1, 1, 1, 1)


def sources(remix: Remix, images: Images, context: Context, row: int) -> list[tuple[int, Area]]:
    """Return the other training images that a row's result is made of, as (index, each pixel's share (H, W)).

    images (N, C, H, W); `remix` repeats one mix, draws and all, on other images and returns its images (N, C, H, W).
    The greatest share comes first. A source outside the batch that is not one image alone is left out. Untraceable
    where no nudge leaves the method's decisions alone.
    """
    base = remix(images, context)[row]
    for nudge in NUDGES:
        try:
            return _traced(_Probe(remix, images, context, row, base, nudge))
        except Untraceable:
            continue
    raise Untraceable


@dataclass(frozen=True)
class _Probe:
    """One row's result, and how it answers to images of the batch or of the training set that are nudged."""

    remix: Remix
    images: Images
    context: Context
    row: int
    base: Tensor
    nudge: float

    def inside(self, which: Sequence[int]) -> Area:
        """The share of the result that some of the batch's images have."""
        change = self.images.new_zeros(len(self.images), 1, 1, 1)
        change[list(which)] = self.nudge
        return self._share(lambda sign: self.remix(self.images + sign * change, self.context))

    def outside(self, which: Tensor) -> Area:
        """The share that the chosen training images (N,) bool have by another way than the batch."""
        data, nudges = self.context.data, which * self.nudge

        def answer(sign: int) -> Tensor:
            known = {field.name: getattr(data.train, field.name) for field in fields(Split)}
            train = Nudged(**known, nudges=sign * nudges)
            return self.remix(self.images, replace(self.context, data=replace(data, train=train)))

        return self._share(answer)

    def _share(self, answer: Callable[[int], Tensor]) -> Area:
        """What answers at a pixel to either sign: one may be cut off at black or white, or turn a decision."""
        import torch

        both = torch.stack([(answer(sign)[self.row] - self.base).abs().mean(dim=0) / self.nudge for sign in (1, -1)])
        clear = both <= 1 + SLACK
        if float((~clear.any(dim=0)).float().mean()) > UNCLEAR:
            raise Untraceable
        return both.where(clear, 0).amax(dim=0).clamp(max=1).round(decimals=4)


def _traced(probe: _Probe) -> list[tuple[int, Area]]:
    others = [place for place in range(len(probe.images)) if place != probe.row]
    found = [(int(probe.context.indices[place]), part) for place, part in _inside(probe, others)]
    return sorted([*found, *_from_outside(probe)], key=lambda pair: -float(pair[1].mean()))


def _inside(probe: _Probe, which: list[int]) -> list[tuple[int, Area]]:
    """The images of a batch that show up in a result, found by nudging all, then halves, then halves of those."""
    whole = probe.inside(which)
    if whole.mean() < SMALLEST:
        return []
    if len(which) == 1:
        return [(which[0], whole)]
    middle = len(which) // 2
    return _inside(probe, which[:middle]) + _inside(probe, which[middle:])


def _from_outside(probe: _Probe) -> list[tuple[int, Area]]:
    """The training image outside the batch, its index read bit by bit: each time those with that bit are nudged."""
    import torch

    train = probe.context.data.train
    places = torch.arange(len(train), device=train.labels.device)
    whole = probe.outside(places >= 0)
    if whole.mean() < SMALLEST:
        return []
    index = 0
    for bit in range(len(train).bit_length()):
        part = float(probe.outside((places >> bit & 1).bool()).mean() / whole.mean())
        if 0.01 < part < 0.99:
            return []
        index |= (part > 0.5) << bit
    return [(index, whole)]
