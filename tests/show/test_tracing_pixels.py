"""Outlines are where pixels really came from, for methods that decide by the pixels too."""

import numpy as np
import pytest
import torch

from mixbench.cli import main
from mixbench.show.showcase import showcase
from mixbench.show.tracing import Untraceable, sources
from mixbench.testing import example_batch

OWN = """
import torch

class Brightest:
    'A square around a brightest pixel.'
    def mix(self, images, targets, rng):
        order = torch.from_numpy(rng.permutation(len(images)))
        mixed = images.clone()
        for place, partner in enumerate(images[order]):
            top, left = divmod(int(partner.mean(0).argmax()), images.shape[3])
            mixed[place, :, max(top - 2, 0):top + 3, max(left - 2, 0):left + 3] = partner[
                :, max(top - 2, 0):top + 3, max(left - 2, 0):left + 3]
        return mixed, targets

class Brighter:
    'Wherever the partner is brighter, its pixels.'
    def mix(self, images, targets, rng):
        partner = images[torch.from_numpy(rng.permutation(len(images)))]
        return torch.where(partner.mean(1, keepdim=True) > images.mean(1, keepdim=True), partner, images), targets

class Bytes:
    'The lower half of a partner, by way of 8 bits.'
    def mix(self, images, targets, rng):
        partner = images[torch.from_numpy(rng.permutation(len(images)))]
        mixed = torch.cat([images[:, :, :8], partner[:, :, 8:]], dim=2)
        return (mixed * 255).round() / 255, targets

class Darkest:
    'Half of the darkest image and half of the own.'
    def mix(self, images, targets, rng):
        return (images + images[images.mean((1, 2, 3)).argmin()]) / 2, targets

class Noisy:
    'A partner chosen by digits behind the point.'
    def mix(self, images, targets, rng):
        order = ((images.mean((1, 2, 3)) * 1e5) % 1).argsort()
        return images[order], targets
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("photos")


@pytest.fixture(scope="module")
def photos(folder):
    """A suite of smooth colour pictures with levels of 8 bits."""
    rng = np.random.default_rng(0)
    rough = torch.from_numpy(rng.random((140, 3, 5, 5)))
    images = torch.nn.functional.interpolate(rough, (16, 16), mode="bilinear").mul(255).round().byte().numpy()
    labels = np.arange(140) % 4
    np.savez(folder / "own.npz", x=images, y=labels)
    (folder / "own.py").write_text(OWN)
    suite = str(folder / "photos.toml")
    data = ["--data", str(folder / "own.npz"), "--test-fraction", "0.2"]
    assert main(["suite", "new", "--from", "digits", *data, suite]) == 0
    return suite


@pytest.mark.parametrize("method", ["saliencymix", "Brightest", "Brighter", "Bytes", "Darkest", "cutmix", "resizemix"])
def test_the_result_is_what_the_outlines_say(photos, folder, method):
    spec = f"{folder}/own.py:{method}" if method[0].isupper() else method
    shown = showcase(spec, photos)
    assert shown.notes == ()
    assert sum(len(one.partners) for one in shown.examples) >= 3
    for one in shown.examples:
        own = 1 - sum(partner.area for partner in one.partners)
        made = own * one.original.image
        if method == "resizemix":
            # The partner is shrunk on its way; the rest is the image itself.
            assert np.abs((made - one.result)[:, own == 1]).max() < 2e-3
            continue
        made = made + sum(partner.area * partner.image for partner in one.partners)
        # A tenth of a thousandth of single pixels may lie within a nudge of a decision.
        assert np.mean(np.abs(made - one.result) > 3e-3) < 0.01


def test_a_mixer_after_a_policy_is_traced_behind_it(photos):
    shown = showcase("saliencymix+randaugment+cutout", photos)
    alone = showcase("randaugment+cutout", photos)
    for one, before in zip(shown.examples, alone.examples, strict=True):
        own = 1 - sum(partner.area for partner in one.partners)
        kept = np.abs(before.result - one.result)[:, own == 1]
        assert kept.size == 0 or kept.max() < 2e-3
    assert any((partner.area == 1).any() for one in shown.examples for partner in one.partners)


def test_what_cannot_be_traced_has_a_word_and_no_outline(photos, folder):
    shown = showcase(f"{folder}/own.py:Noisy", photos)
    assert any("not traced nor outlined" in note for note in shown.notes)
    assert all(one.partners == () for one in shown.examples if not one.traced)


def test_a_decision_that_every_nudge_turns_is_untraceable():
    images, _, context = example_batch(6, 3, (8, 8), 0)

    def remix(pixels, around):
        far = torch.equal(pixels, images)
        return pixels if far else pixels.flip(0)

    with pytest.raises(Untraceable):
        sources(remix, images, context, 0)
