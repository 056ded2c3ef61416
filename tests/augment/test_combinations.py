"""The papers' own combinations take a step; what cannot be combined is refused before training."""

import copy

import numpy as np
import pytest
import torch

from mixbench.augment.build import canonical, composition, forward_passes
from mixbench.augment.compose import Composition
from mixbench.augment.protocol import Augmentation
from mixbench.augment.traits import Claim, Stage
from mixbench.spec.errors import MixBenchError
from mixbench.testing import example_batch
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
    ("spec", "order"),
    [
        ("cutout+randaugment", ["randaugment", "cutout"]),
        ("trivialaugment+noise+gridmask", ["trivialaugment", "gridmask", "noise"]),
        ("gaussian_noise+random_erasing+rotate+pixmix", ["pixmix", "rotate", "random_erasing", "gaussian_noise"]),
        ("cutmix+blur+color", ["blur", "color", "cutmix"]),
    ],
)
def test_images_are_changed_then_cut_then_noised(spec, order):
    made = composition(spec)
    assert [part.name for part in made.parts] == order
    assert canonical(composition(canonical(made))) == canonical(made)


def test_randaugment_does_not_reach_into_cutouts_hole():
    images, targets, context = example_batch(8, 3, (8, 8), seed=0)
    mixed, _ = composition("cutout+randaugment").mix(images, targets, np.random.default_rng(0), context)
    mean = torch.tensor(context.data.mean)[:, None, None]
    holes = (mixed - mean).abs().amax(dim=1) < 1e-6
    assert all(hole.sum() >= 4 for hole in holes)


class Pairs(Augmentation):
    """Reads pairs back from targets."""

    name = "pairs"
    stage = Stage.CRITERION
    claims = frozenset({Claim.CRITERION, Claim.SPARSE_TARGETS})


@pytest.mark.parametrize("dense", ["mixup(k=3)", "mosaic", "snapmix", "label_smoothing", "cutmix|mixup(k=3)"])
def test_what_reads_pairs_back_is_refused_beside_dense_targets(dense):
    with pytest.raises(MixBenchError, match="reads the two mixed classes back"):
        Composition.of([*composition(dense).parts, Pairs()])


@pytest.mark.parametrize("sparse", ["mixup", "cutmix|mixup", "label_smoothing(epsilon=0)", "cutout"])
def test_what_reads_pairs_back_combines_with_pairs(sparse):
    assert len(Composition.of([*composition(sparse).parts, Pairs()]).parts) == 2


@pytest.mark.parametrize(
    ("spec", "passes"), [("erm", 1), ("mixup|cutmix+augmix", 3), ("snapmix+label_smoothing", 2), ("my.py:Mine", 1)]
)
def test_forward_passes_of_a_spec(spec, passes):
    assert forward_passes(spec) == passes


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("mixup+manifold_mixup", "both choose a mixing partner"),
        ("snapmix+cutmix", "both choose a mixing partner"),
        ("bi_tempered+label_confusion", "both are the criterion"),
        ("augmix+label_confusion", "both own the loss"),
        ("stochastic_depth+shakedrop", "end of residual branches"),
        ("cutout|mixup", r"draws between mixers, the methods of stage MIX \(mixup, cutmix, .*stage ERASE; use '\+'"),
        ("mixup|snapmix", r"stage MIX \(mixup, .*stage LOSS; measure it as a row of its own"),
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
