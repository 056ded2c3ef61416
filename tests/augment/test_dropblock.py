"""DropBlock: the share that is dropped is the rate on maps of every size; timm's rule is timm's."""

import itertools

import numpy as np
import pytest
import timm
import torch
from timm.layers import DropBlock2d

from mixbench.augment.build import augmentation, versions
from mixbench.augment.tools.drop_block import DropBlock, block_chance
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build

DATA = load_suite("digits").data
SIDES = [2, 4, 7, 8, 14]


def prepared(spec="dropblock", backbone="test_resnet"):
    torch.manual_seed(0)
    model = build(backbone, DATA)
    augmentation(spec).prepare(model)
    return model.train()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("rate", [0.025, 0.1, 0.5])
@pytest.mark.parametrize("shared", [False, True])
def test_drops_the_rate_on_maps_of_every_size(side, rate, shared):
    """The law by simulation: 8,000 masks, five standard errors."""
    torch.manual_seed(side)
    images, channels = (8000, 1) if shared else (250, 32)
    gone = (DropBlock(rate, 7, shared).train()(torch.ones(images, channels, side, side)) == 0).float()
    shares = gone.mean(dim=(2, 3)).flatten()
    assert float(shares.mean()) == pytest.approx(rate, abs=5 * float(shares.std()) / len(shares) ** 0.5)


@pytest.mark.parametrize(("sides", "block"), [((2, 2), 7), ((4, 4), 2), ((3, 5), 2)])
def test_chance_gives_the_expected_share_by_enumeration(sides, block):
    """Every subset of the places where a block fits, weighed by its probability."""
    chance = block_chance(sides, block, 0.3)
    height, width = (min(block, side) for side in sides)
    places = list(itertools.product(range(sides[0] - height + 1), range(sides[1] - width + 1)))
    share = 0.0
    for drawn in itertools.product([False, True], repeat=len(places)):
        gone = np.zeros(sides, bool)
        for (top, left), chosen in zip(places, drawn, strict=True):
            if chosen:
                gone[top : top + height, left : left + width] = True
        share += chance ** sum(drawn) * (1 - chance) ** (len(places) - sum(drawn)) * gone.mean()
    assert share == pytest.approx(0.3, abs=1e-9)


@pytest.mark.parametrize("side", [4, 7])
def test_is_the_authors_chance_where_one_block_covers_the_map(side):
    """Theirs is rate · side² / block² / (side − block + 1)², the block no larger than the map."""
    block = min(7, side)
    theirs = 0.1 * side**2 / block**2 / (side - block + 1) ** 2
    assert block_chance((side, side), 7, 0.1) == pytest.approx(theirs, abs=1e-12)


def test_channels_have_masks_of_their_own_or_one():
    for shared in (False, True):
        torch.manual_seed(0)
        gone = DropBlock(0.3, 3, shared).train()(torch.ones(200, 2, 8, 8)) == 0
        assert torch.equal(gone[:, 0], gone[:, 1]) is shared


def test_what_is_dropped_is_whole_blocks_inside_the_map():
    torch.manual_seed(0)
    gone = (DropBlock(0.1, 3, True).train()(torch.ones(400, 1, 8, 8)) == 0).float()
    full = torch.nn.functional.avg_pool2d(gone, 3, stride=1) > 1 - 1e-6
    # Every dropped pixel lies in a full 3x3 square, also at the rim.
    spread = torch.nn.functional.max_pool2d(torch.nn.functional.pad(full.float(), (2, 2, 2, 2)), 3, stride=1)
    assert torch.equal(spread, gone)


def test_keeps_the_mean_by_what_was_kept_of_the_batch():
    torch.manual_seed(0)
    out = DropBlock(0.2, 3, False).train()(torch.ones(8, 4, 8, 8))
    assert float(out.mean()) == pytest.approx(1, abs=1e-6)
    assert len(out.unique()) == 2
    assert torch.equal(DropBlock(0.2, 3, False).eval()(torch.ones(2, 1, 4, 4)), torch.ones(2, 1, 4, 4))


def test_lies_in_the_last_two_stages_at_a_quarter_and_the_whole_of_the_rate():
    model = prepared("dropblock(rate=0.2,channels=shared,block=5)")
    blocks = {
        name: (module.rate, module.block, module.shared)
        for name, module in model.net.named_modules()
        if isinstance(module, DropBlock)
    }
    assert blocks == {"layer3.0.drop_block": (0.05, 5, True), "layer4.0.drop_block": (0.2, 5, True)}


def test_timms_rule_lies_in_the_last_two_stages_at_the_rate_given():
    blocks = {
        name: (module.drop_prob, module.block_size, module.gamma_scale)
        for name, module in prepared("dropblock(rate=0.2,rule=timm)").net.named_modules()
        if isinstance(module, DropBlock2d)
    }
    assert blocks == {"layer3.0.drop_block": (0.2, 5, 0.25), "layer4.0.drop_block": (0.2, 3, 1.0)}


def test_timms_rule_is_what_timm_makes_of_the_option():
    own = timm.create_model("resnet10t", drop_block_rate=0.3, num_classes=10)
    plain = timm.create_model("resnet10t", num_classes=10)
    for block in (own.layer3[0], own.layer4[0]):
        torch.nn.init.ones_(block.bn2.weight)
    plain.load_state_dict(own.state_dict())
    holder = torch.nn.Module()
    holder.net = plain
    augmentation("dropblock(rate=0.3,rule=timm)").prepare(holder)
    images = torch.rand(2, 3, 128, 128)
    results = []
    for net in (own, plain):
        torch.manual_seed(3)
        results.append(net.train()(images))
    assert torch.equal(*results)
    assert not torch.equal(results[1], plain(images))


def test_timms_rule_has_no_settings_and_a_recorded_version():
    with pytest.raises(MixBenchError, match="leave block and channels out"):
        augmentation("dropblock(rule=timm,block=3)")
    assert versions(augmentation("dropblock(rule=timm)")) == {"dropblock": f"2, timm {timm.__version__}"}


def test_evaluates_like_the_model_without_and_keeps_its_names():
    torch.manual_seed(0)
    plain = build("test_resnet", DATA).eval()
    model = prepared().eval()
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(model(images), plain(images))
    assert model.state_dict().keys() == plain.state_dict().keys()


def test_fits_maps_of_two_pixels():
    """digits ends in 2x2, where a block is the whole map."""
    model = prepared("dropblock(rate=0.9)")
    assert torch.isfinite(model(torch.rand(16, 1, 8, 8))).all()


@pytest.mark.parametrize("backbone", ["resnetv2_18", "test_vit", "test_efficientnet"])
def test_refuses_backbones_without_it(backbone):
    with pytest.raises(MixBenchError, match="needed a backbone with timm's drop_block_rate") as error:
        prepared(backbone=backbone)
    assert "\n" not in str(error.value)
