"""Weights from elsewhere: measured as the very model that they belong to, compared with timm's own."""

import re

import pytest
import timm
import torch
from foreign_files import loaded, section, stock, write
from torch import nn

from mixbench.augment.build import augmentation, canonical
from mixbench.spec.errors import MixBenchError
from mixbench.spec.foreign import ASSUMED, GIVEN, METADATA, WRITTEN, Given, Written
from mixbench.spec.sections.model import Model
from mixbench.training.backbone import build
from mixbench.training.foreign import resolve

NONE = {"mean": [0.0], "std": [1.0]}
BACKBONES = [
    ("test_resnet", 8),
    ("resnet18", 8),
    ("resnetv2_18", 32),
    ("densenet121", 32),
    ("mobilenetv3_small_050", 32),
    ("test_convnext", 32),
    ("vgg11", 32),
    ("test_vit", 64),
    ("test_byobnet", 64),
]


def pixels(data, n=4):
    return torch.rand(n, data.channels, data.height, data.width, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def answers(model, images):
    return model(images)


@pytest.mark.parametrize(("backbone", "side"), BACKBONES)
def test_stock_weights_answer_as_timms_model_does(tmp_path, backbone, side):
    data = section(side, 3)
    net = stock(backbone, data, **({"img_size": side} if "vit" in backbone else {}))
    path, images = write(tmp_path / "w.safetensors", net.state_dict()), pixels(data)
    mean, std = [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]
    model = loaded(backbone, data, path, stem="own", mean=mean, std=std)
    seen = (images - torch.tensor(mean).reshape(3, 1, 1)) / torch.tensor(std).reshape(3, 1, 1)
    torch.testing.assert_close(answers(model, images), answers(net, seen), rtol=1e-4, atol=1e-5)


def test_our_own_small_model_answers_as_itself_and_not_as_timms(tmp_path):
    data = section()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        ours = build("test_resnet", data).eval()
    path, images = write(tmp_path / "w.safetensors", ours.net.state_dict()), pixels(data)
    small = loaded("test_resnet", data, path, stem="small", mean=[0.25], std=[0.5])
    own = loaded("test_resnet", data, path, stem="own", mean=[0.25], std=[0.5])
    assert torch.equal(answers(small, images), answers(ours, images))
    assert not torch.allclose(answers(own, images), answers(ours, images), atol=0.01)


def test_a_file_that_fits_two_models_is_refused_with_the_choices(tmp_path):
    data = section()
    path = write(tmp_path / "w.safetensors", stock("test_resnet", data).state_dict())
    with pytest.raises(MixBenchError, match=r"more than one stem.*--stem own \(.*--stem small \("):
        resolve("test_resnet", data, Model(), path, Given())


def test_a_file_that_fits_one_model_needs_no_word(tmp_path):
    data = section()
    path = write(tmp_path / "w.safetensors", stock("resnet18", data).state_dict())
    made = resolve("resnet18", data, Model(), path, Given())
    assert (made.stem, made.stem_source) == ("own", "the only one that the weights fit")
    config = timm.get_pretrained_cfg("resnet18")
    assert made.mean == pytest.approx([sum(config.mean) / 3])
    assert made.std == pytest.approx([sum(config.std) / 3])
    assert made.normalisation_source == ASSUMED


def test_large_images_have_timms_stem_without_a_word(tmp_path):
    data = section(64, 3)
    path = write(tmp_path / "w.safetensors", stock("test_resnet", data).state_dict())
    made = resolve("test_resnet", data, Model(), path, Given(**NONE))
    assert (made.stem, made.mean, made.std, made.normalisation_source) == ("own", [0.0] * 3, [1.0] * 3, GIVEN)


def test_a_backbone_without_a_small_stem_has_one_stem(tmp_path):
    data = section(32, 3)
    path = write(tmp_path / "w.safetensors", stock("test_byobnet", data).state_dict())
    made = resolve("test_byobnet", data, Model(), path, Given(**NONE))
    assert made.stem == "own"


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "net.", "module._orig_mod.", "a.b.c."])
def test_what_all_names_begin_with_is_left_out(tmp_path, prefix):
    data = section()
    net = stock("test_resnet", data)
    tensors = {prefix + name: tensor for name, tensor in net.state_dict().items()}
    path, images = write(tmp_path / "w.safetensors", tensors), pixels(data)
    model = loaded("test_resnet", data, path, stem="own", **NONE)
    torch.testing.assert_close(answers(model, images), answers(net, images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prefix", ["", "module."])
def test_counters_may_lack(tmp_path, prefix):
    data = section()
    net = stock("test_resnet", data)
    tensors = {prefix + name: each for name, each in net.state_dict().items() if "num_batches" not in name}
    path, images = write(tmp_path / "w.safetensors", tensors), pixels(data)
    model = loaded("test_resnet", data, path, stem="own", **NONE)
    torch.testing.assert_close(answers(model, images), answers(net, images), rtol=1e-4, atol=1e-5)


def without(word):
    return lambda data: {name: each for name, each in stock("resnet18", data).state_dict().items() if word not in name}


def beside_others(data):
    tensors = {f"model.{name}": each for name, each in stock("resnet18", data).state_dict().items()}
    return {**tensors, "criterion.weight": torch.ones(3)}


CAUSES = {
    "a prefix of some": (beside_others, {}, r"behind 'model\.' beside others such as criterion\.weight; save"),
    "no statistics": (without("running"), {}, r"batch-norm statistics .*bn1\.running_mean.*whole"),
    "another stem": (
        lambda data: stock("resnet18", data).state_dict(),
        {"stem": "small"},
        r"small stem's conv1\.weight of shape \(64, 1, 3, 3\), got \(64, 1, 7, 7\).*--stem own",
    ),
    "another model of the family": (
        lambda data: stock("resnet34", data).state_dict(), {}, r"needed no layer1\.2\.bn1\.\w+, got one.*--model",
    ),
    "another family": (
        lambda data: stock("test_vit", section(64), img_size=64).state_dict(), {}, "nothing in them is of resnet18",
    ),
    "a head left out": (without("fc."), {}, r"needed fc\.\w+ of shape .*, got none"),
    "other classes": (
        lambda data: stock("resnet18", section(classes=7)).state_dict(), {}, "needed 10 classes, got 7",
    ),
    "other channels": (
        lambda data: stock("resnet18", section(channels=3)).state_dict(), {}, "needed 1 channels, got 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CAUSES)
def test_each_cause_of_a_misfit_has_its_own_sentence(tmp_path, case):
    make, given, message = CAUSES[case]
    data = section()
    path = write(tmp_path / "w.safetensors", make(data))
    with pytest.raises(MixBenchError, match=message) as caught:
        resolve("resnet18", data, Model(), path, Given(**given))
    assert "\n" not in str(caught.value)
    others = [sentence for name, (_, _, sentence) in CAUSES.items() if name != case]
    assert not any(re.search(sentence, str(caught.value)) for sentence in others)


GIVENS = {
    "an unknown stem": ({"stem": "large"}, "needed one of own, small, strided, dilated, got large"),
    "mean alone": ({"mean": [0.5]}, "needed both or none"),
    "two means for one channel": ({"mean": [0.5, 0.5], "std": [1.0]}, "needed one value or 1"),
    "no deviation": ({"mean": [0.5], "std": [0.0]}, "needed values above 0"),
    "a stem that the model lacks": ({"stem": "strided"}, "it has no strided stem"),
}


@pytest.mark.parametrize("case", GIVENS)
def test_what_is_given_must_be_possible(tmp_path, case):
    given, message = GIVENS[case]
    data = section(32)
    path = write(tmp_path / "w.safetensors", stock("test_convnext", data).state_dict())
    with pytest.raises(MixBenchError, match=message):
        resolve("test_convnext", data, Model(), path, Given(**given))


def test_a_small_stem_is_refused_on_large_images(tmp_path):
    data = section(64)
    path = write(tmp_path / "w.safetensors", stock("test_resnet", data).state_dict())
    with pytest.raises(MixBenchError, match="leave it out"):
        resolve("test_resnet", data, Model(), path, Given(stem="small"))


WROTE = Written(
    backbone="test_resnet", stem="small", mean=[0.1], std=[0.2], size=[1, 8, 8], augmentation="erm",
)  # fmt: skip


def written(tmp_path, text=None):
    with torch.random.fork_rng(devices=[]):
        net = build("test_resnet", section()).net
    return write(tmp_path / "w.safetensors", net.state_dict(), {METADATA: text or WROTE.model_dump_json()})


def test_what_mixbench_wrote_is_believed(tmp_path):
    made = resolve("test_resnet", section(), Model(), written(tmp_path), Given())
    assert (made.stem, made.mean, made.std) == ("small", [0.1], [0.2])
    assert (made.stem_source, made.normalisation_source) == (WRITTEN, WRITTEN)


@pytest.mark.parametrize(
    ("backbone", "data", "given", "message"),
    [
        ("resnet18", section(), {}, "wrote into them backbone test_resnet, got resnet18; give --model test_resnet"),
        ("test_resnet", section(16), {}, r"images of \[1, 8, 8\], got \[1, 16, 16\]"),
        ("test_resnet", section(), {"stem": "own"}, "--stem small, got own; leave it out"),
        ("test_resnet", section(), {"mean": [0.5], "std": [0.2]}, r"--mean \[0.1\], got \[0.5\]; leave it out"),
    ],
)
def test_who_contradicts_what_mixbench_wrote_is_refused(tmp_path, backbone, data, given, message):
    with pytest.raises(MixBenchError, match=message):
        resolve(backbone, data, Model(), written(tmp_path), Given(**given))


def test_another_programs_metadata_is_passed_over(tmp_path):
    made = resolve("test_resnet", section(), Model(), written(tmp_path, "{}"), Given(stem="small", **NONE))
    assert made.stem_source == GIVEN


def test_a_method_that_changes_evaluation_is_applied_again(tmp_path):
    """ShakeDrop's branches are scaled by their expectation, which no tensor of the file says."""
    data = section()
    spec = canonical(augmentation("shakedrop"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        trained = build("resnet18", data).eval()
        augmentation(spec).prepare(trained)
        for weight in trained.net.parameters():
            # timm's branches begin at zero, where no scale shows.
            nn.init.normal_(weight, std=0.1)
    wrote = WROTE.model_copy(update={"augmentation": spec, "backbone": "resnet18"})
    path = write(tmp_path / "w.safetensors", trained.net.state_dict(), {METADATA: wrote.model_dump_json()})
    images = (pixels(data) - 0.1) / 0.2
    plain = build("resnet18", data).eval()
    plain.net.load_state_dict(trained.net.state_dict())
    found = answers(loaded("resnet18", data, path), pixels(data))
    torch.testing.assert_close(found, answers(trained.net.eval(), images), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(found, answers(plain.net, images), atol=1e-3)
