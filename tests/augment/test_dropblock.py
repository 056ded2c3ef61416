"""DropBlock is timm's, where timm has it."""

import pytest
import timm
import torch
from timm.layers import DropBlock2d

from mixbench.augment.build import augmentation
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build

DATA = load_suite("digits").data


def prepared(spec="dropblock", backbone="test_resnet"):
    torch.manual_seed(0)
    model = build(backbone, DATA)
    augmentation(spec).prepare(model)
    return model.train()


def test_lies_in_the_last_two_stages_at_the_rate_given():
    blocks = {
        name: (module.drop_prob, module.block_size, module.gamma_scale)
        for name, module in prepared("dropblock(rate=0.2)").net.named_modules()
        if isinstance(module, DropBlock2d)
    }
    assert blocks == {"layer3.0.drop_block": (0.2, 5, 0.25), "layer4.0.drop_block": (0.2, 3, 1.0)}


def test_is_what_timm_makes_of_the_option():
    own = timm.create_model("resnet10t", drop_block_rate=0.3, num_classes=10)
    plain = timm.create_model("resnet10t", num_classes=10)
    for block in (own.layer3[0], own.layer4[0]):
        torch.nn.init.ones_(block.bn2.weight)
    plain.load_state_dict(own.state_dict())
    holder = torch.nn.Module()
    holder.net = plain
    augmentation("dropblock(rate=0.3)").prepare(holder)
    images = torch.rand(2, 3, 128, 128)
    results = []
    for net in (own, plain):
        torch.manual_seed(3)
        results.append(net.train()(images))
    assert torch.equal(*results)
    assert not torch.equal(results[1], plain(images))


def test_drops_squares_of_the_map_in_all_channels():
    block = prepared("dropblock(rate=0.1)").net.layer4[0].drop_block
    torch.manual_seed(0)
    out = block(torch.ones(400, 2, 16, 16))
    gone = out == 0
    assert torch.equal(gone[:, 0], gone[:, 1])
    assert 0.05 < gone.float().mean().item() < 0.15
    inner = gone[:, :1, 1:-1, 1:-1]
    full = torch.nn.functional.avg_pool2d(gone[:, :1].float(), 3, stride=1) == 1
    spread = torch.nn.functional.max_pool2d(full.float(), 3, stride=1, padding=1) == 1
    assert inner.any()
    assert (spread | ~inner)[:, :, 1:-1, 1:-1].all()


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
