"""The pinned labels are those that the loaders give, and published records have them."""

import hashlib
from pathlib import Path

import pytest

from mixbench.cli.validate import known
from mixbench.data.load import load
from mixbench.spec.suite import load_suite
from mixbench.submission.checks.truth import TRUTH, labels_digest
from mixbench.submission.judge import reasons_against

BOARD = Path(__file__).parents[2] / "leaderboards" / "digits" / "records"


def test_the_digest_is_that_of_eight_bytes_a_label():
    import numpy as np

    by_hand = hashlib.sha256(b"\x03" + b"\x00" * 7 + b"\x00\x01" + b"\x00" * 6).hexdigest()
    assert labels_digest(np.array([3, 256], dtype=np.uint16)) == by_hand


def test_digits_labels_are_the_loaders():
    data = load_suite("digits").data
    found = load(data)
    digests = [labels_digest(split.labels.numpy()) for split in (found.test, found.train)]
    assert data.sha256 is not None
    assert list(TRUTH[data.sha256]) == digests


@pytest.mark.parametrize("name", ["digits", "emoji", "fashion-mnist", "fashion-mnist-small"])
def test_suites_whose_data_anybody_has_are_pinned(name):
    assert load_suite(name).data.sha256 in TRUTH


def test_a_published_record_is_valid():
    path = min(BOARD.glob("*.json"))
    assert reasons_against(path, known()) == []
