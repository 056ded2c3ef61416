"""Label confusion learning."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mixbench.augment.protocol import Augmentation, Change, Claim, Context, Count, NonNegative, Stage, method
from mixbench.augment.tools.features import classifier_weights, features_and_logits

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mixbench.augment.protocol import Images, Targets


@method
class LabelConfusion(Augmentation):
    """Targets softened by a learned similarity of each example to every label: KL(softmax(s + α·y) ‖ p).

    Guo et al., Label Confusion Learning to Enhance Text Classification Models, 2021, §3.2; like the authors' code
    without a stopped gradient, so that the loss also trains the label confusion model and the features it sees.

    alpha: how far the given label outweighs the similarities, which are softmax probabilities.
    width: of the label embeddings and of the features' projection.
    """

    name = "label_confusion"
    paper = "Guo et al., 2021, arXiv 2012.04987"
    stage = Stage.LOSS
    claims = frozenset({Claim.CRITERION, Claim.LOSS})
    changes = (Change.LOSS,)

    alpha: NonNegative = 4.0
    width: Count = 64

    def prepare(self, model: nn.Module) -> None:
        """Change nothing; MixBenchError where the backbone does not end in one linear layer."""
        classifier_weights(model)

    def learner(self, model: nn.Module, classes: int) -> nn.Module:
        """Make the label confusion model."""
        from mixbench.augment.tools.confusion import LabelConfusionModel

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

        features, logits = features_and_logits(model, images)
        return confusion_loss(context.learned[self.name](features), logits, targets, self.alpha)
