"""RankMixup."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Interval

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, NonNegative, Positive, method
from mixbench.augment.tools.partners import permutation
from mixbench.augment.tools.paste import taken
from mixbench.augment.traits import Change, Claim, Stage
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class RankMixup(Augmentation):
    """The criterion on clean images, and a loss that ranks the confidence on their mixtures by how much is mixed in.

    Noh et al., RankMixup: Ranking-Based Mixup Training for Network Calibration, 2023, §3. Each of M mixed batches has a
    λ ~ Beta(α, α) and a permutation of its own; all go through the model in a second pass, so batch norm moves twice,
    as in the authors' code. A version's share is its largest target: 1 where both labels agree. Confidences are
    softmax's.

    ranking: mndcg, 1 − the normalised discounted gain of the clean image and its M versions; or mrl, a margin between
    the largest logits of the clean image and of its one version.
    versions: M, mixed versions of each image.
    alpha: of Beta(α, α).
    weight: of the ranking loss.
    margin: of mrl.
    """

    name = "rankmixup"
    origin = Origin(
        title="RankMixup: Ranking-Based Mixup Training for Network Calibration",
        authors="Jongyoun Noh and Hyekang Park and Junghyup Lee and Bumsub Ham",
        year=2023,
        venue="IEEE/CVF International Conference on Computer Vision (ICCV)",
        details={"pages": "1358--1368"},
        link="https://arxiv.org/abs/2308.11990",
        repository="https://github.com/cvlab-yonsei/RankMixup",
        commit="e5dc77f, loss by its definition: differences up to 1e-5 for the same draws",
        settings={
            "CIFAR-10": "rankmixup(alpha=2)",
            "CIFAR-10, margin": "rankmixup(ranking=mrl,versions=1,alpha=2,margin=2)",
            "Tiny-ImageNet": "rankmixup(alpha=1)",
            "Tiny-ImageNet, margin": "rankmixup(ranking=mrl,versions=1,alpha=1,margin=1)",
        },
        why="The authors' scripts name mrl, but their model makes three versions, which fit mndcg only.",
        departures=(
            "For mrl the authors' code multiplies the hinges (N,) by a mask (N, 1) of unequal labels, which scales the"
            " mean of all of them; here each pair has its own mask.",
        ),
    )
    stage = Stage.LOSS
    kinds = ANY_KIND
    claims = frozenset({Claim.PARTNER, Claim.LOSS})
    changes = (Change.PIXELS, Change.TARGETS, Change.LOSS)

    ranking: Literal["mndcg", "mrl"] = "mndcg"
    versions: Annotated[int, Interval(ge=1, le=32)] = 3
    alpha: Positive = 2.0
    weight: NonNegative = 0.1
    margin: NonNegative = 2.0

    def __post_init__(self) -> None:
        """Refuse mrl with several versions with MixBenchError."""
        if self.ranking == "mrl" and self.versions != 1:
            raise MixBenchError(f"rankmixup: needed versions=1 with ranking=mrl, got {self.versions}; add versions=1")

    @property
    def forward_passes(self) -> int:
        """One of the clean images and one of each of their versions."""
        return 1 + self.versions

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return the criterion on the clean images and the weighted ranking loss of their versions."""
        import torch

        draws = [(float(rng.beta(self.alpha, self.alpha)), permutation(len(images), rng)) for _ in range(self.versions)]
        mixed = torch.cat([taken(images, order).lerp_(images, share) for share, order in draws])
        clean, others = model(images), model(mixed)
        return criterion(clean, targets) + self.weight * self._ranked(clean, others, targets, draws)

    def _ranked(self, clean: Tensor, others: Tensor, targets: Targets, draws: list[tuple[float, Tensor]]) -> Tensor:
        import torch

        from mixbench.augment.tools.ranking import margin_loss, ndcg_loss

        partners = [taken(targets, order) for _, order in draws]
        if self.ranking == "mrl":
            differ = partners[0].argmax(dim=1) != targets.argmax(dim=1)
            return margin_loss(clean, others, differ, self.margin)
        tops = [other.lerp(targets, share).amax(dim=1) for other, (share, _) in zip(partners, draws, strict=True)]
        confidences = torch.cat([clean, others]).softmax(dim=1).amax(dim=1).reshape(1 + self.versions, -1)
        return ndcg_loss(confidences, torch.stack([targets.amax(dim=1), *tops]))
