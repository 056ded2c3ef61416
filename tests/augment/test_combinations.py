"""The papers' own combinations take a step; what cannot be combined is refused before training."""

import copy

import pytest
import torch

from mixbench.augment.build import canonical, composition
from mixbench.spec.errors import MixBenchError
from mixbench.training.backbone import build
from mixbench.training.fits import SMALL_COLOUR, fits, try_step

PAPERS = [
    "mixup(alpha=8)+dropout(p=0.3)",
    "mixup(targets=nearer)+label_smoothing(epsilon=0.05)",
    "cutmix+shakedrop",
    "cutmix+bi_tempered",
    "autoaugment+cutmix+stochastic_depth",
    "cutout+mixup",
    "dropblock+label_smoothing",
    "mixup|cutmix+label_smoothing",
    "manifold_mixup+bi_tempered",
    "snapmix+cutout",
]


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(0)
    return build("test_resnet", SMALL_COLOUR)


@pytest.mark.parametrize("spec", PAPERS)
def test_papers_combinations_take_a_step(spec, resnet):
    model = copy.deepcopy(resnet)
    assert try_step(model, spec, SMALL_COLOUR).isfinite()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters() if p.requires_grad)


@pytest.mark.parametrize("spec", PAPERS)
def test_order_does_not_matter(spec):
    turned = "+".join(reversed(spec.split("+")))
    assert canonical(composition(turned)) == canonical(composition(spec))


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("mixup+manifold_mixup", "both choose a mixing partner"),
        ("snapmix+cutmix", "both choose a mixing partner"),
        ("bi_tempered+label_confusion", "both are the criterion"),
        ("augmix+label_confusion", "both own the loss"),
        ("stochastic_depth+shakedrop", "end of residual branches"),
        ("cutout|mixup", "draws between mixers"),
        ("cutout+cutout", "given 2 times"),
    ],
)
def test_clashes_are_refused(spec, reason):
    with pytest.raises(MixBenchError, match=reason):
        composition(spec)


@pytest.mark.parametrize(
    ("backbone", "spec"), [("test_vit", "dropblock"), ("vgg11", "stochastic_depth"), ("test_vit", "dropout")]
)
def test_a_backbone_without_the_hook_is_refused_in_one_line(backbone, spec):
    reason = fits(backbone, spec, SMALL_COLOUR)
    assert reason is not None
    assert backbone in reason
    assert "\n" not in reason
