"""A showcase's partners are those of the mix, and results are made of what it says."""

import numpy as np
import pytest
import torch

from mixbench.show.showcase import BATCH, EXAMPLES, showcase
from mixbench.show.tracing import sources
from mixbench.spec.errors import MixBenchError
from mixbench.testing import example_batch

KNOWN = torch.arange(BATCH).roll(7)


@pytest.mark.parametrize(
    "spec",
    ["cutmix", "mixup", "mixup(classes=same)", "mixup(partner=nearest)", "mixup(k=3)", "cutmix|mixup", "mosaic"],
)
def test_results_are_the_sum_of_originals_and_partners(spec):
    shown = showcase(spec, "digits")
    assert sum(len(one.partners) for one in shown.examples) >= EXAMPLES - 1
    for one in shown.examples:
        own = 1 - sum(partner.area for partner in one.partners)
        made = own * one.original.image + sum(partner.area * partner.image for partner in one.partners)
        assert np.abs(made - one.result).max() < 2e-3
        target = np.zeros(10)
        target[one.original.label] += np.mean(own)
        for partner in one.partners:
            target[partner.label] += partner.area.mean()
        assert np.abs(target - one.target).max() < 2e-3


@pytest.mark.parametrize(("spec", "home"), [("cutmix", "methods.cutmix"), ("mixup", "tools.partners")])
def test_partners_follow_a_known_permutation(spec, home, monkeypatch):
    monkeypatch.setattr(f"mixbench.augment.{home}.permutation", lambda n, rng: KNOWN)
    images = {one.original.image.tobytes(): one for one in showcase("erm", "digits").examples}
    mixed = showcase(spec, "digits")
    batch = _batch()
    for one in mixed.examples:
        row = next(i for i in range(BATCH) if np.array_equal(batch[i], one.original.image))
        if np.array_equal(one.result, one.original.image):
            continue  # A box of no pixel.
        assert len(one.partners) == 1
        assert np.array_equal(one.partners[0].image, batch[KNOWN[row]])
        assert one.original.image.tobytes() in images


def _batch():
    from mixbench.show.showcase import example_context
    from mixbench.spec.suite import load_suite

    context = example_context(load_suite("digits"), 0)
    return context.data.train.pixels(context.indices).numpy()


def test_sources_of_a_hand_worked_mix():
    images, _, context = example_batch(5, 3, (9, 14), 0)

    def remix(pixels, around):
        mixed = pixels * 0.5 + pixels.roll(1, 0) * 0.125 + around.data.train.pixels(torch.tensor([11])) * 0.375
        mixed[2] = pixels[2]
        return mixed

    found = sources(remix, images, context, 4)
    assert [(index, float(area.mean())) for index, area in found] == [(11, 0.375), (3, 0.125)]
    assert sources(remix, images, context, 2) == []


def test_several_images_from_outside_are_left_out():
    images, _, context = example_batch(5, 3, (8, 8), 0)

    def remix(pixels, around):
        return pixels * 0.5 + around.data.train.pixels(torch.tensor([6, 9])).mean(0) * 0.5

    assert sources(remix, images, context, 0) == []


@pytest.mark.parametrize("spec", ["erm", "cutout", "label_smoothing"])
def test_nothing_is_a_partner_where_nothing_is_mixed(spec):
    assert all(one.partners == () for one in showcase(spec, "digits").examples)


@pytest.mark.parametrize(
    ("spec", "note"),
    [
        ("erm", "erm changes nothing"),
        ("label_smoothing", "label_smoothing changes the targets, not the images"),
        ("dropout", "dropout changes the model, not the images"),
        ("manifold_mixup", "manifold_mixup works inside the loss"),
        ("mixup(warmup_epochs=50)", "changed no pixel"),
    ],
)
def test_methods_that_change_no_pixel_say_so(spec, note):
    shown = showcase(spec, "digits")
    assert any(note in line for line in shown.notes)
    assert all(np.array_equal(one.result, one.original.image) for one in shown.examples)


OWN = """
class Left:
    'The left half from the image before.'

    def mix(self, images, targets, rng):
        mixed = images.clone()
        mixed[..., :4] = images.roll(1, 0)[..., :4]
        return mixed, (targets + targets.roll(1, 0)) / 2
"""


def test_a_users_own_method_is_shown_like_any_other(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    shown = showcase(f"{tmp_path}/own.py:Left", "digits")
    assert shown.methods == (("own.py:Left", "The left half from the image before.", "a user's own"),)
    assert shown.notes == ()
    batch = _batch()
    for one in shown.examples:
        row = next(i for i in range(BATCH) if np.array_equal(batch[i], one.original.image))
        assert [np.array_equal(partner.image, batch[row - 1]) for partner in one.partners] == [True]
        assert np.array_equal(one.partners[0].area, np.tile([1.0] * 4 + [0.0] * 4, (8, 1)))


def test_methods_that_change_pixels_have_no_note():
    assert showcase("cutmix", "digits").notes == ()


def test_every_spec_has_the_same_images_of_different_classes_and_the_seed_decides_them():
    first, second, other = showcase("erm", "digits"), showcase("cutmix", "digits"), showcase("erm", "digits", 1)
    labels = [one.original.label for one in first.examples]
    assert len(set(labels)) == EXAMPLES
    assert all(
        np.array_equal(a.original.image, b.original.image) for a, b in zip(first.examples, second.examples, strict=True)
    )
    assert not np.array_equal(first.examples[0].original.image, other.examples[0].original.image)


def test_the_same_request_repeats():
    first, second = showcase("cutmix", "digits", 3), showcase("cutmix", "digits", 3)
    assert all(np.array_equal(a.result, b.result) for a, b in zip(first.examples, second.examples, strict=True))


def test_a_negative_seed_is_refused():
    with pytest.raises(MixBenchError, match="needed 0 or more, got -1"):
        showcase("erm", "digits", -1)


def test_a_table_is_no_picture_and_refused_in_one_line():
    with pytest.raises(MixBenchError, match="show: needed a suite of images, got iris of tabular data"):
        showcase("mixup", "iris")
