"""Submissions and regenerations killed with -9 at every call to the file system, and two submitters at once."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

SHARED_MEMORY = "/dev/shm"
HELPER = Path(__file__).with_name("submitting.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")


def told_by(way: str):
    """What the helper says; in memory where that is possible, since thousands of syncs to a disk are slow."""
    place = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        done = subprocess.run(
            [sys.executable, HELPER, way, folder], capture_output=True, text=True, timeout=300,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_kill_at_any_call_leaves_the_board_as_before_or_after_and_the_next_run_ends_well():
    for name, found in told_by("calls").items():
        assert len(found) > 50, name
        assert {each["state"] for each in found} == {"before", "after"}, name
        # It is before up to one call and after from there on.
        states = [each["state"] for each in found]
        assert states == sorted(states, reverse=True), name
        assert any(each["dirty"] for each in found), name
        assert all(each["next"] for each in found), name


def test_where_no_exchange_exists_the_next_run_mends_what_a_kill_between_two_renames_left():
    for name, found in told_by("renames").items():
        between = [each for each in found if each["state"] == "between"]
        # Also the proof that a board in between would be noticed.
        assert 0 < len(between) < 5, name
        assert all(each["next"] for each in found), name


def test_a_kill_at_twenty_random_moments_leaves_the_board_as_before_or_after():
    found = told_by("moments")
    assert len(found) == 20
    assert any(each["killed"] for each in found)
    assert {each["state"] for each in found} <= {"before", "after"}
    assert all(each["next"] for each in found)


def test_two_submitters_at_once_lose_nothing():
    assert told_by("race") == {"codes": [0, 0], "all": True, "board": True, "leftovers": []}
