"""ShakeDrop by the paper's three formulas: forwards, backwards, and evaluation by expectation, never reversed."""

import copy

import pytest
import torch
from scipy import stats

from mixbench.augment.build import augmentation
from mixbench.augment.tools.shake import Shake
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import build

DATA = load_suite("digits").data
IMAGES = 20_000


def prepared(backbone="test_resnet", spec="shakedrop"):
    torch.manual_seed(0)
    model = build(backbone, DATA)
    augmentation(spec).prepare(model)
    return model.train()


def survivals(model):
    return [module.survival for module in model.modules() if isinstance(module, Shake)]


def factors(survival, seed=0, n=IMAGES):
    """Each image's factor forwards and backwards, measured on a branch of ones."""
    torch.manual_seed(seed)
    branch = torch.ones(n, 1, 1, 1, requires_grad=True)
    out = Shake(survival).train()(branch)
    out.sum().backward()
    return out.detach().flatten(), branch.grad.flatten()


def test_survival_falls_in_a_line_to_a_half():
    """The paper's linear decay: 1 − l/L · 0.5 for l = 1 … L."""
    assert survivals(prepared()) == pytest.approx([0.875, 0.75, 0.625, 0.5])
    assert survivals(prepared(spec="shakedrop(survival=0.8)")) == pytest.approx([0.95, 0.9, 0.85, 0.8])


def test_a_dropped_branch_is_shaken_forwards_between_minus_one_and_one():
    forwards, _ = factors(0.0)
    assert forwards.min() >= -1
    assert forwards.max() <= 1
    # Uniform in [−1, 1]: mean 0, variance 1/3; five standard errors.
    assert forwards.mean().item() == pytest.approx(0, abs=5 * (1 / 3 / IMAGES) ** 0.5)
    assert forwards.var().item() == pytest.approx(1 / 3, abs=0.012)


def test_its_gradient_is_shaken_between_nought_and_one_by_another_draw():
    forwards, backwards = factors(0.0)
    assert backwards.min() >= 0
    assert backwards.max() <= 1
    assert backwards.mean().item() == pytest.approx(0.5, abs=5 * (1 / 12 / IMAGES) ** 0.5)
    assert abs(torch.corrcoef(torch.stack([forwards, backwards]))[0, 1].item()) < 5 / IMAGES**0.5


def test_a_branch_that_survives_is_left_alone():
    forwards, backwards = factors(1.0, n=8)
    assert torch.equal(forwards, torch.ones(8))
    assert torch.equal(backwards, torch.ones(8))


def test_b_is_drawn_once_a_block_and_batch_with_the_survival():
    draws = [factors(0.7, seed, n=4) for seed in range(300)]
    kept = [bool((forwards == 1).all()) for forwards, _ in draws]
    assert all(keep == bool((forwards == 1).any()) for keep, (forwards, _) in zip(kept, draws, strict=True))
    assert all(keep == bool((backwards == 1).all()) for keep, (_, backwards) in zip(kept, draws, strict=True))
    assert sum(kept) / 300 == pytest.approx(0.7, abs=5 * (0.21 / 300) ** 0.5)


def test_one_draw_an_image_covers_all_its_pixels():
    torch.manual_seed(0)
    out = Shake(0.0, per_element=False).train()(torch.ones(5, 3, 4, 2))
    assert torch.equal(out, out[:, :1, :1, :1].expand_as(out))
    assert len(out[:, 0, 0, 0].unique()) == 5


def test_one_draw_an_element_is_independent_within_an_image():
    """The law within one image: uniform on [−1, 1] forwards and on [0, 1] backwards, neighbours uncorrelated."""
    torch.manual_seed(0)
    branch = torch.ones(2, 8, 40, 40, requires_grad=True)
    out = Shake(0.0).train()(branch)
    out.sum().backward()
    n = out.numel()
    assert stats.kstest(out.detach()[0].flatten(), stats.uniform(-1, 2).cdf).pvalue > 1e-6
    assert stats.kstest(branch.grad[0].flatten(), stats.uniform(0, 1).cdf).pvalue > 1e-6
    factors = out.detach()
    for one, other in [(factors[..., 1:], factors[..., :-1]), (factors[:, 1:], factors[:, :-1]),
                       (factors[:1], factors[1:]), (factors, branch.grad)]:  # fmt: skip
        assert abs(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].item()) < 6 / n**0.5 * 1.5


def test_level_is_what_the_spec_says():
    def levels(spec):
        return {module.per_element for module in prepared(spec=spec).modules() if isinstance(module, Shake)}

    assert levels("shakedrop") == levels("shakedrop(level=element)") == {True}
    assert levels("shakedrop(level=image)") == {False}


def test_evaluation_is_the_expectation_and_training_is_not():
    """Public versions have the two reversed; the mean over trainings' draws is what evaluation does at once."""
    shake = Shake(0.7)
    branch = torch.full((1, 1, 1, 1), 3.0)
    assert shake.eval()(branch).item() == pytest.approx(0.7 * 3)
    torch.manual_seed(0)
    shake.train()
    drawn = torch.stack([shake(branch) for _ in range(4000)]).flatten()
    # Variance of b + α − bα: 0.7 + 0.3/3 − 0.49 = 0.31.
    assert drawn.mean().item() == pytest.approx(2.1, abs=3 * 5 * (0.31 / 4000) ** 0.5)
    assert drawn.var().item() == pytest.approx(9 * 0.31, rel=0.15)
    assert torch.equal(shake.eval()(branch), shake(branch))


def test_evaluation_lets_the_true_gradient_through():
    branch = torch.ones(2, 1, 1, 1, requires_grad=True)
    Shake(0.7).eval()(branch).sum().backward()
    assert branch.grad.flatten().tolist() == pytest.approx([0.7, 0.7])


def test_a_block_is_its_shortcut_plus_the_shaken_branch():
    """By hand on the deepest block of test_resnet: x + p·F(x) in evaluation, under the block's last ReLU."""
    model = prepared().eval()
    block = model.net.layer4[0]
    torch.manual_seed(1)
    x = torch.rand(2, 192, 2, 2)
    torch.nn.init.ones_(block.bn2.weight)
    with torch.no_grad():
        branch = block.bn2(block.conv2(block.act1(block.bn1(block.conv1(x)))))
        by_hand = torch.relu(block.downsample(x) + 0.5 * branch)
        assert torch.allclose(block(x.clone()), by_hand, atol=1e-6)
    assert branch.abs().max() > 0.01


def test_keeps_names_and_can_be_copied():
    torch.manual_seed(0)
    plain = build("test_resnet", DATA)
    model = prepared()
    assert model.state_dict().keys() == plain.state_dict().keys()
    assert survivals(copy.deepcopy(model)) == survivals(model)


def test_preparing_leaves_weights_statistics_and_modes_alone():
    torch.manual_seed(0)
    plain = build("tinynet_e", DATA)
    model = prepared("tinynet_e")
    for name, tensor in plain.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_only_blocks_that_add_a_shortcut_count():
    """Inverted residuals without a shortcut have nothing to shake; test_efficientnet has no others."""
    model = prepared("mobilenetv3_small_050")
    shaken = [name for name, module in model.net.named_modules() if isinstance(module, Shake)]
    shortcuts = [f"{name}.drop_path" for name, block in model.net.named_modules() if getattr(block, "has_skip", False)]
    assert shaken == shortcuts
    assert survivals(model)[-1] == 0.5


@pytest.mark.parametrize(
    ("backbone", "why"),
    [
        ("resnetv2_18", "stages.0.blocks.0 does not"),
        ("test_convnext", "does not"),
        ("seresnet18", "does not"),
        ("test_vit", "without such places"),
        ("test_efficientnet", "without such places"),
    ],
)
def test_refuses_branches_that_do_not_end_in_batch_norm(backbone, why):
    with pytest.raises(MixBenchError, match=f"needed residual branches that all end in batch norm.*{why}") as error:
        prepared(backbone)
    assert "\n" not in str(error.value)
