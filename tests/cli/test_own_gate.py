"""MixBench's own gate: what the tiny suite comes to today, held against the golden record."""

from gates import GOLDEN
from tiny import finished_record


def test_the_tiny_suite_has_not_regressed(mixbench):
    said = mixbench("check", finished_record(), "--baseline", GOLDEN, "--allow-inconclusive")
    assert said.code == 0, said.out
    assert "not gated: " in said.out
