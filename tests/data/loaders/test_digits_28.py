"""The digits as large as Fashion-MNIST's pictures: the same pixels, and no digit in both splits."""

from __future__ import annotations

import numpy as np

from mixbench.data.load import load
from mixbench.data.split import held
from mixbench.spec.suite import load_suite


def test_every_pixel_is_3_by_3_within_a_black_border() -> None:
    section = load_suite("digits-28").data
    large, small = (
        load(section),
        load(section.model_copy(update={"loader": "digits", "height": 8, "width": 8, "sha256": None})),
    )

    for ours, theirs in ((large.train, small.train), (large.test, small.test)):
        expected = [np.pad(np.kron(each, np.ones((3, 3), np.uint8)), 2) for each in held(theirs)[:, 0].numpy()]
        np.testing.assert_array_equal(held(ours)[:, 0].numpy(), np.stack(expected))
        np.testing.assert_array_equal(ours.labels.numpy(), theirs.labels.numpy())
        assert float(ours.pixels().max()) == 1


def test_no_picture_is_in_both_splits() -> None:
    data = load(load_suite("digits-28").data)
    train, test = ({each.numpy().tobytes() for each in held(part)} for part in (data.train, data.test))

    assert (len(data.train), len(data.test)) == (200, 1438)
    assert not train & test
