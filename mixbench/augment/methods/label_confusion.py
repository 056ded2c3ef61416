"""Label confusion learning."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal
from warnings import warn

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, Context, Count, NonNegative, Probability, method
from mixbench.augment.tools.features import classifier_weights, features_and_logits
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class LabelConfusion(Augmentation):
    """Targets softened by a learned similarity of each example to every label: KL(softmax(s + α·y) ‖ p).

    Guo et al., Label Confusion Learning to Enhance Text Classification Models, 2021, §3.2; like the authors' code,
    which is for text, without a stopped gradient, so that the loss also trains the label confusion model and the
    features it sees. After `stop` the loss is plain cross-entropy.

    alpha: how far the given label outweighs the similarities, which are softmax probabilities; auto is what leaves
    the true class 0.86 of the target at uniform similarities, 4 for ten classes and 6.4 for a hundred.
    width: of the label embeddings and of the features' projection.
    stop: the share of the epochs after which the label confusion model is no longer used.
    """

    name = "label_confusion"
    version = 2
    stage = Stage.LOSS
    kinds = ANY_KIND
    claims = frozenset({Claim.CRITERION, Claim.LOSS})
    changes = (Change.LOSS, Change.SCHEDULE)
    origin = Origin(
        title="Label Confusion Learning to Enhance Text Classification Models",
        authors="Biyang Guo and Songqiao Han and Xiao Han and Hailiang Huang and Ting Lu",
        year=2021,
        link="https://arxiv.org/abs/2012.04987",
        venue="Proceedings of the AAAI Conference on Artificial Intelligence",
        details={"volume": "35", "number": "14", "pages": "12929--12936"},
        repository="https://github.com/beyondguo/label_confusion_learning",
        commit="89a4eeb",
        settings={"text, LSTM": "label_confusion(alpha=4)", "text, BERT": "label_confusion(alpha=4,stop=0.67)"},
        why="α 4 is the authors' for about ten classes and is carried over to others; 0.75 is their 30 of 40 epochs.",
        departures=(
            "The authors' code and experiments are for text classification, never for images.",
            "α grows with the number of classes, since 4 leaves the true class 0.36 of the target for a hundred.",
        ),
    )

    alpha: NonNegative | Literal["auto"] = "auto"
    width: Count = 64
    stop: Probability = 0.75

    def prepare(self, model: nn.Module) -> None:
        """Change nothing; MixBenchError where the backbone does not end in one linear layer."""
        classifier_weights(model)

    def learner(self, model: nn.Module, classes: int) -> nn.Module:
        """Make the label confusion model; warns of an α that leaves the true class less than half of the target."""
        from mixbench.augment.tools.confusion import LabelConfusionModel, true_share

        share = true_share(self._alpha(classes), classes)
        if share < 0.5:
            warn(
                f"label_confusion(alpha={self.alpha}) leaves the true class {share:.2f} of the target for {classes}"
                " classes; alpha=auto leaves 0.86",
                stacklevel=2,
            )
        return LabelConfusionModel(classifier_weights(model).shape[1], classes, self.width)

    def loss(
        self,
        model: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        images: Images,
        targets: Targets,
        rng: np.random.Generator,
        context: Context,
    ) -> Tensor:
        """Return a step's loss, from one forward pass; the criterion is not used."""
        from mixbench.augment.tools.confusion import confusion_loss

        if context.epoch >= self.stop * context.epochs:
            return -(targets * model(images).log_softmax(dim=1)).sum(dim=1).mean()
        features, logits = features_and_logits(model, images)
        similar = context.learned[self.name](features)
        return confusion_loss(similar, logits, targets, self._alpha(targets.shape[1]))

    def _alpha(self, classes: int) -> float:
        from mixbench.augment.tools.confusion import usual_alpha

        return usual_alpha(classes) if self.alpha == "auto" else self.alpha
