"""The document of all methods: what the model is shown in a step, and files that are what the methods give."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from mixbench.augment.build import composition
from mixbench.augment.methods.dropblock import DropBlock
from mixbench.augment.methods.erm import Erm
from mixbench.augment.methods.mixup import Mixup
from mixbench.augment.sheet import meanings
from mixbench.augment.table import METHODS
from mixbench.show.methods import DOCUMENT, differences, document, write
from mixbench.show.model_input import model_input
from mixbench.show.showcase import example_context
from mixbench.spec.seeding import stream
from mixbench.spec.suite import load_suite

SUITE = load_suite("digits")


@pytest.fixture(scope="module")
def made():
    return document((Erm, Mixup, DropBlock))


def shown(spec):
    context = example_context(SUITE, 0)
    return context.data.train.pixels(context.indices), model_input(composition(spec), SUITE, context, 0)


def test_the_model_is_shown_the_mixed_batch():
    context = example_context(SUITE, 0)
    images = context.data.train.pixels(context.indices)
    targets = context.data.train.one_hot(context.indices, 10)
    expected, _ = composition("mixup").mix(images, targets, stream(0, "mix"), context)
    assert torch.equal(shown("mixup")[1], expected)


def test_a_method_inside_the_loss_is_shown_by_its_last_view():
    originals, regmixup = shown("regmixup")
    assert regmixup.shape == originals.shape
    # A mixture of two images: the batch's mean stays, its pixels do not.
    assert float((regmixup.mean(dim=0) - originals.mean(dim=0)).abs().max()) < 1e-5
    assert not torch.equal(regmixup, originals)
    assert torch.equal(*shown("stochastic_depth"))


def test_has_every_method_and_a_picture_where_pixels_change(made):
    assert made.keys() == {DOCUMENT, "methods/mixup.png"}
    text = made[DOCUMENT].decode()
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## erm", "## mixup", "## dropblock"]
    assert text.count("No picture") == 2
    assert "![mixup](methods/mixup.png)" in text
    picture = np.asarray(Image.open(BytesIO(made["methods/mixup.png"])))
    originals, _ = shown("mixup")
    first = np.rint(originals[0, 0].numpy() * 255)
    assert np.array_equal(picture[4:64:8, 4:64:8], first)
    assert len(made["methods/mixup.png"]) < 10_000


def test_says_what_differs_and_mends_it(made, tmp_path):
    assert write(tmp_path, made) == sorted(made)
    assert differences(tmp_path, made) == []
    (tmp_path / "methods" / "gone.png").write_bytes(made["methods/mixup.png"])
    (tmp_path / DOCUMENT).write_text("old")
    assert write(tmp_path, made) == [DOCUMENT, "methods/gone.png"]
    assert differences(tmp_path, made) == []


@pytest.mark.parametrize(("by", "stale"), [(1, []), (2, ["methods/mixup.png"])])
def test_a_picture_may_differ_by_rounding_alone(made, tmp_path, by, stale):
    write(tmp_path, made)
    pixels = np.asarray(Image.open(BytesIO(made["methods/mixup.png"]))).copy()
    pixels[pixels < 100] += by
    Image.fromarray(pixels).save(tmp_path / "methods" / "mixup.png")
    assert differences(tmp_path, made) == stale


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_docstring_explains_each_parameter_it_names(method):
    assert meanings(method).keys() <= {*method.__dataclass_fields__}


NOT_COMPARED = {"dropout"}
"""The authors' own is Torch 7's, which nothing here runs."""


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_an_origin_is_complete_and_its_settings_are_specs_of_the_method(method):
    origin = method.origin
    assert origin is not None
    assert origin.link.startswith("https://")
    assert all([origin.title, origin.authors, origin.why.endswith("."), method.paper == origin.citation])
    assert not origin.repository or origin.repository.startswith("https://")
    assert bool(origin.commit) is (bool(origin.repository) and method.name not in NOT_COMPARED)
    for spec in origin.settings.values():
        assert method.name in [part.name for part in composition(spec).parts]
    assert all(departure.endswith(".") for departure in origin.departures)
