"""NoisyMix."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval, Len

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation, Context, Count, NonNegative, Positive, Probability, method
from mixbench.augment.tools.consistency import jensen_shannon
from mixbench.augment.tools.feature_noise import noised
from mixbench.augment.tools.hidden import Place, changed_at, drawn_mixture, require_places
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets

VIEWS = 3


@method
class NoisyMix(Augmentation):
    """Noisy Feature Mixup of each image and two AugMix views of it, with a loss that asks for the same prediction.

    Erichson et al., NoisyMix: Boosting Model Robustness to Common Corruptions, 2024, §3. The three views go through the
    model as one batch and are mixed at the same place, by the same λ ~ Beta(α, α) and permutation. Then each view has
    noise of its own, as in Noisy Feature Mixup: its added noise has the level a·i in view i (1 is the clean one), and
    each element's noise is left out with the probability ρ. The criterion judges the clean view, against the mixed
    targets; predictions are compared by softmax.

    alpha: of Beta(α, α).
    additive: a, the level of the noise that is added to the first view.
    multiplicative: m, the level of the noise that is multiplied into every view.
    left_out: ρ, for either noise by a draw of its own.
    weight: of the Jensen-Shannon consistency loss.
    width: chains of operations an AugMix view.
    severity: upper bound of an operation's level, on a scale to 10.
    stages: places, of which each batch draws one: 0 the normalised input, stem what the first residual stage is given,
    k ≥ 1 the output of the k-th residual stage (of the k-th block in a ViT).
    """

    name = "noisymix"
    origin = Origin(
        title="NoisyMix: Boosting Model Robustness to Common Corruptions",
        authors="N. Benjamin Erichson and Soon Hoe Lim and Winnie Xu and Francisco Utrera and Ziang Cao"
        " and Michael W. Mahoney",
        year=2024,
        venue="International Conference on Artificial Intelligence and Statistics (AISTATS)",
        details={"volume": "238"},
        link="https://arxiv.org/abs/2202.01263",
        repository="https://github.com/erichson/NoisyMix",
        commit="f76352e, loss by its definition: differences up to 1e-5 for the same draws",
        settings={"CIFAR-100": "noisymix"},
        why="The commands of the authors' README, for CIFAR-100.",
        departures=(
            "Views are AugMix's as they are here, on float pixels instead of 8 bits.",
            "The draws come from the CPU, so that they are the same on every device.",
        ),
    )
    stage = Stage.LOSS
    claims = frozenset({Claim.PARTNER, Claim.LOSS})
    changes = (Change.PIXELS, Change.TARGETS, Change.LOSS)

    alpha: Positive = 1.0
    additive: NonNegative = 0.5
    multiplicative: NonNegative = 0.5
    left_out: Probability = 0.65
    weight: NonNegative = 12.0
    width: Count = 3
    severity: Annotated[float, Interval(ge=0.1, le=10)] = 3.0
    stages: Annotated[tuple[Place, ...], Len(1)] = (0, 1, 2, 3)

    @property
    def forward_passes(self) -> int:
        """Three: the clean view and two mixtures of operations."""
        return VIEWS

    def prepare(self, model: nn.Module) -> None:
        """Change nothing; MixBenchError where the backbone lacks one of the stages."""
        require_places(self.name, model, self.stages)

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return the criterion on the clean view, mixed and noised, plus the weighted consistency of the three."""
        import torch

        place, mixed = drawn_mixture(len(images), self.stages, self.alpha, rng)

        def changed(values: Tensor) -> Tensor:
            views = enumerate(values.chunk(VIEWS), start=1)
            return torch.cat([self._noised(mixed(view), number, rng) for number, view in views])

        views = self._views(images, rng)
        with changed_at(model, place, changed):
            logits = model(views).chunk(VIEWS)
        return criterion(logits[0], mixed(targets)) + self.weight * jensen_shannon(logits)

    def _views(self, images: Images, rng: np.random.Generator) -> Images:
        import torch

        from mixbench.augment.tools.chains import augmix_view

        # Autocast would round the resampling grids to half precision.
        with torch.autocast(images.device.type, enabled=False):
            made = [augmix_view(images, rng, width=self.width, severity=self.severity) for _ in range(VIEWS - 1)]
            return torch.cat([images, *made])

    def _noised(self, view: Tensor, number: int, rng: np.random.Generator) -> Tensor:
        return noised(view, self.additive * number, self.multiplicative, rng, self.left_out)
