"""Dropout sits after the ReLU before the last convolution of every residual block, and nowhere else."""

import copy

import pytest
import timm
import torch
from torch import nn

from mixbench.augment.build import augmentation
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build

DATA = load_suite("digits").data


def prepared(backbone="test_resnet", spec="dropout(p=0.5)"):
    torch.manual_seed(0)
    model = build(backbone, DATA)
    augmentation(spec).prepare(model)
    return model.train()


def given_to(model, path):
    """What a module of the model is given in a forward pass of noise, after its own hooks, and what ReLU made."""
    seen = {}
    block = model.net.get_submodule(path.rpartition(".")[0])
    act = block.act2 if path.endswith("conv3") else block.act1
    handles = [
        act.register_forward_hook(lambda module, args, output: seen.update(relu=output.detach().clone())),
        model.net.get_submodule(path).register_forward_pre_hook(lambda module, args: seen.update(given=args[0])),
    ]
    model(torch.rand(64, 1, 8, 8))
    for handle in handles:
        handle.remove()
    return seen["relu"], seen["given"].detach()


@pytest.mark.parametrize("path", ["layer1.0.conv2", "layer2.0.conv2", "layer3.0.conv3", "layer4.0.conv2"])
def test_drops_what_the_relu_made(path):
    """test_resnet has blocks of two convolutions, and of three in its third stage."""
    relu, given = given_to(prepared(), path)
    assert (relu >= 0).all()
    positive = relu > 0
    kept = given[positive] > 0
    assert torch.allclose(given[positive][kept], 2 * relu[positive][kept])
    assert kept.float().mean().item() == pytest.approx(0.5, abs=5 * (0.25 / positive.sum().item()) ** 0.5)


def test_drops_single_activations_not_channels():
    relu, given = given_to(prepared(), "layer1.0.conv2")
    halves = [(given[:, c] > 0).sum() / (relu[:, c] > 0).sum() for c in range(4) if (relu[:, c] > 0).sum() > 500]
    assert halves
    assert all(0.3 < half < 0.7 for half in halves)


def test_only_the_last_convolutions_are_hooked():
    model = prepared()
    hooked = {name for name, module in model.named_modules() if module._forward_pre_hooks}
    assert hooked == {"net.layer1.0.conv2", "net.layer2.0.conv2", "net.layer3.0.conv3", "net.layer4.0.conv2"}
    deep = prepared("resnetv2_18")
    hooked = {name for name, module in deep.named_modules() if module._forward_pre_hooks}
    assert hooked == {f"net.stages.{stage}.blocks.{block}.conv2" for stage in range(4) for block in range(2)}


def test_preact_blocks_drop_after_their_second_norm_and_relu():
    model = prepared("resnetv2_18", "dropout(p=0.9)")
    seen = {}
    block = model.net.stages[0].blocks[0]
    block.norm2.register_forward_hook(lambda module, args, output: seen.update(relu=output.detach().clone()))
    block.conv2.register_forward_pre_hook(lambda module, args: seen.update(given=args[0].detach()))
    model(torch.rand(16, 1, 8, 8))
    positive = seen["relu"] > 0
    share = (seen["given"][positive] > 0).float().mean().item()
    assert share == pytest.approx(0.1, abs=5 * (0.09 / positive.sum().item()) ** 0.5)


def test_evaluates_like_the_model_without_and_loads_into_timms():
    model = prepared().eval()
    torch.manual_seed(0)
    plain = build("test_resnet", DATA).eval()
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(model(images), plain(images))
    assert model.state_dict().keys() == plain.state_dict().keys()
    own = timm.create_model("test_resnet", num_classes=10)
    assert own.state_dict().keys() == model.net.state_dict().keys()


def test_p_of_zero_changes_nothing_in_training():
    images = torch.rand(8, 1, 8, 8)
    torch.manual_seed(0)
    plain = build("test_resnet", DATA).train()
    assert torch.equal(prepared(spec="dropout(p=0)")(images), plain(images))


def test_a_copy_drops_on_its_own():
    model = prepared("resnetv2_18")
    other = copy.deepcopy(model).eval()
    images = torch.rand(4, 1, 8, 8)
    assert not torch.equal(model(images), model(images))
    assert torch.equal(other(images), other(images))


@pytest.mark.parametrize("backbone", ["test_vit", "test_convnext", "test_efficientnet"])
def test_refuses_backbones_without_such_blocks(backbone):
    with pytest.raises(MixBenchError, match=r"dropout.*needed the residual blocks of a ResNet") as error:
        prepared(backbone)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("p", ["1", "-0.1", "1.5"])
def test_refuses_other_rates(p):
    with pytest.raises(MixBenchError, match="p: "):
        augmentation(f"dropout(p={p})")


def test_is_not_timms_drop_rate():
    """timm's drops features before the classifier; here the classifier is given all of them."""
    assert prepared().net.drop_rate == 0
    assert not any(isinstance(module, nn.Dropout) and module.p for module in prepared().modules())
