"""MixBench's own gate: what the tiny suite comes to today, held against the golden record."""

import pytest
from gates import GOLDEN
from tiny import finished_record


def test_the_tiny_suite_has_not_regressed(mixbench):
    """Another machine's bits may leave too little evidence in 360 images; that is said as a skip, never as a pass."""
    today = finished_record()
    said = mixbench("check", today, "--baseline", GOLDEN)
    same = today.with_suffix(".npz").read_bytes() == GOLDEN.with_suffix(".npz").read_bytes()
    assert said.code in ((0,) if same else (0, 3)), said.out
    assert "not gated: " in said.out
    if said.code:
        pytest.skip(f"inconclusive, not ok: {said.out.strip().splitlines()[-1]}")
