"""mixbench.evaluate on any module: what it returns, what it leaves alone, what it refuses."""

import copy

import jaxtyping
import numpy as np
import pytest
import torch
from torch import Tensor, nn

import mixbench
from mixbench.torch_state import modes

EPS = 0.1
CURVE = [0.0, 0.05, EPS]


@pytest.fixture(scope="module")
def train(splits) -> tuple[Tensor, Tensor]:
    return splits[0].pixels(), splits[0].labels


@pytest.fixture(scope="module")
def surrogate() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


@pytest.fixture(scope="module")
def full(trained, test_set, train, surrogate) -> mixbench.Evaluation:
    return mixbench.evaluate(trained, *test_set, eps=EPS, eps_curve=CURVE, surrogate=surrogate, train=train, pairs=100)


@pytest.fixture(scope="module")
def bare(trained, test_set) -> mixbench.Evaluation:
    return mixbench.evaluate(trained, *test_set, eps=EPS, eps_curve=CURVE)


@pytest.fixture
def unchecked_shapes():
    """As users call it: the tests' import hook would refuse a wrong dtype before evaluate sees it."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def groups(evaluation: mixbench.Evaluation) -> set[str]:
    return {".".join(name.split(".")[:-1]) for name in evaluation.readings}


ALWAYS = {"clean", "fgsm.white", "ifgsm.white", "calibration", "selective", "diagnostics"}


def test_black_box_and_in_between_come_with_what_they_need(full, bare):
    assert groups(bare) == ALWAYS
    assert groups(full) == ALWAYS | {"fgsm.black", "ifgsm.black", "between"}
    assert {name: full.readings[name] for name in bare.readings} == bare.readings


def test_only_a_surrogate_brings_only_the_black_box(trained, test_set, surrogate):
    found = mixbench.evaluate(trained, *test_set, eps=EPS, surrogate=surrogate)
    assert groups(found) == ALWAYS | {"fgsm.black", "ifgsm.black"}


def test_clean_error_is_the_models(bare, trained, test_set):
    images, labels = test_set
    with torch.no_grad():
        logits = trained(images)
    wrong = int((logits.argmax(1) != labels).sum())
    not_in_five = int((logits.topk(5).indices != labels[:, None]).all(1).sum())
    assert bare.readings["clean.top1_error"].value == wrong / 360 > 0
    assert bare.readings["clean.top5_error"].value == not_in_five / 360
    assert bare.readings["clean.top1_error"].n == 360


def test_black_box_error_is_that_on_the_surrogates_examples(full, trained, test_set, surrogate):
    images, labels = test_set
    pixels = images.clone().requires_grad_()
    gradient = torch.autograd.grad(nn.functional.cross_entropy(surrogate(pixels), labels, reduction="sum"), pixels)[0]
    with torch.no_grad():
        wrong = trained((images + EPS * gradient.sign()).clamp(0, 1)).argmax(1) != labels
    expected = float(wrong.double().mean())
    assert full.readings["fgsm.black.top1_error"].value == pytest.approx(expected, abs=0.006)
    assert expected != full.readings["fgsm.white.top1_error"].value


def test_curves(full, bare):
    assert set(bare.curves) == {"fgsm.white", "ifgsm.white"}
    assert set(full.curves) == {*bare.curves, "between.miss_mixup", "between.miss_cutmix", "between.gradient_norm"}
    for attack in ("fgsm.white", "ifgsm.white"):
        curve = bare.curves[attack]
        assert curve["eps"] == CURVE
        assert curve["top1_error"][0] == bare.readings["clean.top1_error"].value
        assert curve["top1_error"][2] == bare.readings[f"{attack}.top1_error"].value
        assert curve["top1_error"][0] < curve["top1_error"][1] < curve["top1_error"][2]


def test_in_between_readings_are_the_curves_means(full):
    for name in ("miss_mixup", "gradient_norm"):
        reading, curve = full.readings[f"between.{name}"], full.curves[f"between.{name}"]
        assert reading.value == pytest.approx(np.mean(curve["mean"]), rel=1e-5)
        assert reading.n == 100
        assert curve["lambda"] == [i / 10 for i in range(11)]


def test_a_sound_model_has_no_flags_and_a_deaf_one_has(bare, model, test_set):
    class Quantised(nn.Module):
        """Rounding leaves the decisions and takes the gradient."""

        def forward(self, images: Tensor) -> Tensor:
            return model((images * 16).round() / 16 + 0 * images)

    assert bare.flags == []
    flags = mixbench.evaluate(Quantised(), *test_set, eps=EPS).flags
    assert [flag.split(":")[0] for flag in flags] == ["zero_gradient"]


def test_the_same_call_gives_the_same_result(full, trained, test_set, train, surrogate):
    again = mixbench.evaluate(trained, *test_set, eps=EPS, eps_curve=CURVE, surrogate=surrogate, train=train, pairs=100)
    assert (again.readings, again.curves, again.flags) == (full.readings, full.curves, full.flags)
    assert again.outcomes.keys() == full.outcomes.keys()
    assert all(np.array_equal(again.outcomes[name], values) for name, values in full.outcomes.items())


def test_modes_weights_and_generators_are_left_alone(model, test_set, train, surrogate, bare):
    model.train()
    model[3].eval()
    surrogate = copy.deepcopy(surrogate).train()
    before, state = (modes(model), modes(surrogate)), copy.deepcopy(model.state_dict())
    generator = torch.get_rng_state()
    found = mixbench.evaluate(model, *test_set, eps=EPS, eps_curve=CURVE, surrogate=surrogate, train=train, pairs=10)
    assert (modes(model), modes(surrogate)) == before
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), generator)
    assert found.readings["clean.top1_error"] == bare.readings["clean.top1_error"]


def test_modes_are_restored_after_a_refusal(model, test_set):
    model.train()
    with pytest.raises(mixbench.MixBenchError, match="in \\[0, 1\\]"):
        mixbench.evaluate(model, test_set[0] * 2, test_set[1])
    assert all(modes(model).values())


def test_top_five_is_absent_with_five_classes():
    images = torch.rand(30, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    five, six = (nn.Sequential(nn.Flatten(), nn.Linear(64, k)) for k in (5, 6))
    assert "clean.top5_error" not in mixbench.evaluate(five, images, torch.arange(30) % 5).readings
    assert "clean.top5_error" in mixbench.evaluate(six, images, torch.arange(30) % 5).readings


IMAGES, LABELS = torch.full((6, 1, 8, 8), 0.5), torch.arange(6) % 3
REFUSED = {
    "float labels": ((IMAGES, LABELS.float()), {}, "needed 6 integers, got shape .* of torch.float32"),
    "boolean labels": ((IMAGES, LABELS.bool()), {}, "needed 6 integers, got shape .* of torch.bool"),
    "one-hot labels": ((IMAGES, torch.eye(3)[LABELS].long()), {}, r"needed 6 integers, got shape \(6, 3\)"),
    "too few labels": ((IMAGES, LABELS[:5]), {}, r"needed 6 integers, got shape \(5,\)"),
    "one image": ((IMAGES[0], LABELS[:1]), {}, r"needed shape \(N, C, H, W\)"),
    "no image": ((IMAGES[:0], LABELS[:0]), {}, r"needed shape \(N, C, H, W\) with N of at least 2"),
    "bytes as floats": ((IMAGES * 255, LABELS), {}, r"in \[0, 1\].*; convert them with images.float\(\) / 255$"),
    "bytes": (((IMAGES * 255).byte(), LABELS), {}, r"in \[0, 1\].*; convert them with images.float\(\) / 255$"),
    "normalised": ((IMAGES * 2 - 2, LABELS), {}, "give the images from before normalisation"),
    "labels too large": ((IMAGES, LABELS + 1), {}, "label"),
    "negative labels": ((IMAGES, LABELS - 1), {}, "label"),
    "eps 0": ((IMAGES, LABELS), {"eps": 0.0}, "eps"),
    "no pairs": ((IMAGES, LABELS), {"pairs": 0}, "pairs"),
    "float training labels": ((IMAGES, LABELS), {"train": (IMAGES, LABELS.float())}, "label"),
    "too few training labels": ((IMAGES, LABELS), {"train": (IMAGES, LABELS[:4])}, "label"),
    "training images as bytes": ((IMAGES, LABELS), {"train": (IMAGES * 255, LABELS)}, r"\[0, 1\]"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.usefixtures("unchecked_shapes")
def test_unusable_input_is_refused_in_one_line(case):
    arguments, options, message = REFUSED[case]
    with pytest.raises(mixbench.MixBenchError, match=message) as caught:
        mixbench.evaluate(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), *arguments, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "dtype",
    [
        torch.int64,
        torch.int32,
        torch.uint8,
    ],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_every_accepted_type_of_label_gives_the_same(dtype):
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    expected = mixbench.evaluate(net, IMAGES, LABELS).readings
    assert mixbench.evaluate(net, IMAGES, LABELS.to(dtype)).readings == expected
