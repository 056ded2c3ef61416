"""Decoupled Mixup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import ANY_KIND, Augmentation, NonNegative, method
from mixbench.augment.traits import Change, Claim, Stage

if TYPE_CHECKING:
    from torch import Tensor

    from mixbench.augment.protocol import Logits, Targets

LEAST = 1e-3
"""The smallest entry of a target that counts as one of an image's classes."""


@method
class DecoupledMixup(Augmentation):
    """Cross-entropy, and on mixed images each of the two classes judged against all classes but the other one.

    Liu et al., Harnessing Hard Mixed Samples with Decoupled Regularizer, 2023, §4. For the classes i of a mixed image
    with shares λᵢ the loss has η·λᵢ^q·(log Σ_{j ≠ other} e^{zⱼ} − zᵢ) besides. The two classes are read off the
    targets, so this goes with a mixer, as mixup+decoupled_mixup; images of one class have cross-entropy alone.

    eta: η, weight of the terms.
    q: power of the shares in their weights.
    terms: of both classes, of the one with the smaller share (less), or of the one with the larger (more).
    """

    name = "decoupled_mixup"
    origin = Origin(
        title="Harnessing Hard Mixed Samples with Decoupled Regularizer",
        authors="Zicheng Liu and Siyuan Li and Ge Wang and Lirong Wu and Cheng Tan and Stan Z. Li",
        year=2023,
        venue="Advances in Neural Information Processing Systems (NeurIPS)",
        link="https://arxiv.org/abs/2203.10761",
        repository="https://github.com/Westlake-AI/openmixup",
        commit="37e1372, loss by its definition with each class's own share: differences up to 1e-9",
        settings={
            "CutMix": "cutmix(alpha=0.2)+decoupled_mixup(eta=0.1,q=0.5,terms=less)",
            "ResizeMix": "resizemix+decoupled_mixup(eta=0.1,q=0.5,terms=less)",
            "mixup": "mixup(alpha=0.2)+decoupled_mixup(eta=0.01,q=0.5,terms=more)",
            "FMix": "fmix(alpha=0.2)+decoupled_mixup(eta=0.01,q=0,terms=less)",
            "SaliencyMix": "saliencymix(alpha=0.2)+decoupled_mixup(eta=0.01,q=0,terms=less)",
            "Manifold Mixup": "manifold_mixup(alpha=0.5)+decoupled_mixup(eta=0.01,q=0,terms=more)",
        },
        why="The authors' general files for CIFAR and ImageNet; their settings for one mixer are of ResNet-18.",
        departures=(
            "The authors' code weighs the two terms by the order of the first image's class numbers, which swaps them"
            " in half of the batches; here each class has its own share.",
            "Theirs reads one λ a batch; here each image's own shares count.",
            "Theirs has no terms at λ = ½; here both count, and half of each under less and more.",
        ),
    )
    stage = Stage.CRITERION
    kinds = ANY_KIND
    claims = frozenset({Claim.CRITERION, Claim.SPARSE_TARGETS})
    changes = (Change.CRITERION,)

    eta: NonNegative = 0.1
    q: NonNegative = 1.0
    terms: Literal["both", "less", "more"] = "both"

    def criterion(self, logits: Logits, targets: Targets) -> Tensor:
        """Return a batch's mean loss, from targets of at most two classes an image."""
        entropy = -(targets * logits.log_softmax(dim=1)).sum(dim=1)
        shares, classes = targets.topk(2, dim=1)
        terms = sum(self._term(logits, shares, classes, own) for own in (0, 1))
        return (entropy + (shares[:, 1] > LEAST) * terms).mean()

    def _term(self, logits: Logits, shares: Tensor, classes: Tensor, own: int) -> Tensor:
        """Return the weighted term of one of an image's two classes, (N,)."""
        mine, others = shares[:, own], shares[:, 1 - own]
        without = logits.scatter(1, classes[:, [1 - own]], -float("inf")).logsumexp(dim=1)
        sign = {"both": 0, "less": 1, "more": -1}[self.terms]
        part = 1 if self.terms == "both" else (1 + sign * (others - mine).sign()) / 2
        return self.eta * mine**self.q * part * (without - logits.gather(1, classes[:, [own]]).squeeze(1))
