"""SnapMix."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Positive, Probability, method
from mixbench.augment.tools.boxes import clipped_box
from mixbench.augment.tools.partners import permutation
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets

    Maps = Float[Tensor, "n h w"]


@method
class SnapMix(Augmentation):
    """A partner's box, resized, pasted into another box; targets by the share of the class activation in each.

    Huang et al., SnapMix: Semantically Proportional Mixing for Augmenting Fine-grained Data, 2021, §3. The maps are
    those of the last features after a ReLU. A pair of the same label counts twice the sum of both shares: the authors'
    code adds each share to the other and then both losses. The maps come from evaluation mode; the authors' code makes
    them in training mode, which updates batch norm a second time. The defaults are the authors' for fine-tuning; from
    scratch they take `snapmix(alpha=1,probability=0.5)`.

    alpha: of Beta(α, α), which draws each of the two boxes' share that is not cut, one pair of boxes a batch.
    probability: with which a batch is mixed.
    """

    name = "snapmix"
    stage = Stage.LOSS
    version = 2
    claims = frozenset({Claim.LOSS, Claim.PARTNER})
    changes = (Change.PIXELS, Change.TARGETS, Change.LOSS)
    origin = Origin(
        title="SnapMix: Semantically Proportional Mixing for Augmenting Fine-grained Data",
        authors="Shaoli Huang and Xinchao Wang and Dacheng Tao",
        year=2021,
        link="https://arxiv.org/abs/2012.04846",
        venue="AAAI Conference on Artificial Intelligence",
        details={"volume": "35", "number": "2", "pages": "1628--1636"},
        repository="https://github.com/Shaoli-Huang/SnapMix",
        commit="245bda4, weights by their definition: the same for the same maps",
        settings={"fine-tuning": "snapmix", "from scratch": "snapmix(alpha=1,probability=0.5)"},
        why="The defaults are the authors' for fine-tuning, what the paper is about.",
        departures=(
            "Maps come from evaluation mode; the authors make them in training mode, which updates batch norm a second"
            " time.",
        ),
    )

    alpha: Positive = 5.0
    probability: Probability = 1.0

    @property
    def forward_passes(self) -> int:
        """Two: the maps take one of their own."""
        return 2

    @property
    def passes_without_gradient(self) -> int:
        """The maps'."""
        return 1

    @property
    def dense_targets(self) -> bool:
        """Always: the two weights are no shares."""
        return True

    def prepare(self, model: nn.Module) -> None:
        """Change nothing; MixBenchError where the backbone's last feature map cannot tell places apart."""
        from mixbench.augment.tools.activation import require_maps

        require_maps(model)

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return a step's loss on mixed images, whose targets need not sum to 1."""
        from mixbench.augment.tools.activation import class_maps

        if rng.random() < self.probability:
            maps = class_maps(model, images, targets.argmax(dim=1))
            images, targets = self.mix_by_maps(images, targets, maps, rng)
        return criterion(model(images), targets)

    def mix_by_maps(
        self, images: Images, targets: Targets, maps: Maps, rng: np.random.Generator
    ) -> tuple[Images, Targets]:
        """Mix a batch by its maps (N, H, W), each of sum 1; both losses of a pair of the same label get the sum."""
        into, source = self._box(images, rng), self._box(images, rng)
        order = permutation(len(images), rng).to(images.device)
        if 0 in (*_sides(into), *_sides(source)):
            return images, targets
        lost, given = _crop(maps, into).sum(dim=(1, 2)), _crop(maps[order], source).sum(dim=(1, 2))
        kept, given = _added_where_same((1 - lost).clamp_min(0), given, targets.argmax(dim=1), order)
        mixed = _paste(images, _crop(images[order], source), into)
        return mixed, targets * kept[:, None].to(targets) + targets[order] * given[:, None].to(targets)

    def _box(self, images: Images, rng: np.random.Generator) -> tuple[int, int, int, int]:
        height, width = images.shape[2:]
        cut = (1 - rng.beta(self.alpha, self.alpha)) ** 0.5
        return clipped_box((height, width), cut, rng)


def _added_where_same(kept: Tensor, given: Tensor, labels: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
    same, both = labels == labels[order], kept + given
    return both.where(same, kept), both.where(same, given)


def _sides(box: tuple[int, int, int, int]) -> tuple[int, int]:
    top, bottom, left, right = box
    return bottom - top, right - left


def _crop(tensor: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    top, bottom, left, right = box
    return tensor[..., top:bottom, left:right]


def _paste(images: Images, patch: Images, box: tuple[int, int, int, int]) -> Images:
    """Put a patch, resized, into a box of a copy."""
    from torch.nn.functional import interpolate

    mixed = images.clone()
    resized = interpolate(patch, size=_sides(box), mode="bilinear", align_corners=True)
    _crop(mixed, box).copy_(resized)
    return mixed
