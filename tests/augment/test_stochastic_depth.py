"""Stochastic depth is timm's drop path with timm's rates, put into a model made without."""

import copy

import pytest
import timm
import torch
from timm.layers import DropPath

from mixbench.augment.build import augmentation
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build

DATA = load_suite("digits").data


def prepared(backbone, spec="stochastic_depth"):
    torch.manual_seed(0)
    model = build(backbone, DATA)
    augmentation(spec).prepare(model)
    return model.train()


def rates(net):
    return [module.drop_prob for module in net.modules() if isinstance(module, DropPath)]


def test_rates_rise_in_a_line_to_the_deepest_block():
    """resnetv2_18 has 8 blocks: 0.2 · l/7, and none in the first."""
    assert rates(prepared("resnetv2_18").net) == pytest.approx([0.2 * depth / 7 for depth in range(1, 8)])
    assert rates(prepared("test_resnet", "stochastic_depth(rate=0.6)").net) == pytest.approx([0.2, 0.4, 0.6])


def test_a_vit_drops_both_branches_of_a_block():
    expected = [0.2 * depth / 5 for depth in range(1, 6) for _ in range(2)]
    assert rates(prepared("test_vit").net) == pytest.approx(expected)


@pytest.mark.parametrize("backbone", ["resnet10t", "tinynet_e", "test_convnext", "mobilenetv3_small_050"])
def test_is_what_timm_makes_of_the_option(backbone):
    """Same weights, same draws, same logits in training as the model that timm builds with drop_path_rate."""
    zero_init = {"zero_init_last": False} if backbone == "resnet10t" else {}
    own = timm.create_model(backbone, drop_path_rate=0.5, num_classes=10, **zero_init)
    plain = timm.create_model(backbone, num_classes=10)
    plain.load_state_dict(own.state_dict())
    holder = torch.nn.Module()
    holder.net = plain
    augmentation("stochastic_depth(rate=0.5)").prepare(holder)
    images = torch.rand(4, 3, 64, 64)
    results = []
    for net in (own, plain):
        torch.manual_seed(3)
        results.append(net.train()(images))
    assert torch.equal(*results)
    assert not torch.equal(results[1], plain(images))


def test_a_branch_is_left_out_for_whole_images_and_scaled_where_it_stays():
    model = prepared("resnetv2_18", "stochastic_depth(rate=0.5)")
    deepest = model.net.stages[3].blocks[1].drop_path
    torch.manual_seed(0)
    out = deepest(torch.ones(4000, 3, 2, 2))
    assert ((out == 0) | (out == 2)).all()
    assert (out == out[:, :1, :1, :1]).all()
    assert (out[:, 0, 0, 0] == 0).float().mean().item() == pytest.approx(0.5, abs=0.04)


def test_evaluates_like_the_model_without_and_keeps_its_names():
    torch.manual_seed(0)
    plain = build("test_resnet", DATA).eval()
    model = prepared("test_resnet").eval()
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(model(images), plain(images))
    assert model.state_dict().keys() == plain.state_dict().keys()
    assert torch.equal(copy.deepcopy(model)(images), plain(images))


@pytest.mark.parametrize("backbone", ["vgg11", "densenet121", "test_efficientnet"])
def test_refuses_backbones_that_timm_gives_no_drop_path(backbone):
    with torch.device("meta"):
        holder = torch.nn.Module()
        holder.net = timm.create_model(backbone)
    with pytest.raises(MixBenchError, match="needed a backbone with timm's drop_path_rate") as error:
        augmentation("stochastic_depth").prepare(holder)
    assert "\n" not in str(error.value)


def test_refuses_a_model_that_timm_did_not_make():
    holder = torch.nn.Module()
    holder.net = torch.nn.Linear(2, 2)
    with pytest.raises(MixBenchError, match="'Linear'"):
        augmentation("stochastic_depth").prepare(holder)


def test_does_not_combine_with_shakedrop():
    torch.manual_seed(0)
    model = build("test_resnet", DATA)
    augmentation("shakedrop").prepare(model)
    with pytest.raises(MixBenchError, match="keep one"):
        augmentation("stochastic_depth").prepare(model)
