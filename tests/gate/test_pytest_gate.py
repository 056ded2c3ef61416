"""The fixture `mixbench_gate` in somebody's own tests."""

import subprocess
import sys

import numpy as np
import pytest
from gates import GATES, calibrate, draw, training, worsened, write

import mixbench.gate.fixture
from mixbench.gate.fixture import assert_no_regression
from mixbench.spec.errors import MixBenchError

pytest_plugins = ["pytester"]

RNG = np.random.default_rng(1)
GOOD = draw(RNG, RNG.normal(size=400))
BAD = worsened(GOOD, RNG, 0.4)


def test_in_a_test_it_passes_and_fails_as_the_gate_does(pytester, pytestconfig):
    calibrate(write(pytester.path / "good", GOOD))
    write(pytester.path / "bad", BAD)
    pytester.makepyfile("""
        def test_same(mixbench_gate):
            mixbench_gate("good", baseline="good")

        def test_worse(mixbench_gate):
            mixbench_gate("bad", baseline="good")

        def test_tolerated(mixbench_gate):
            mixbench_gate("bad", baseline="good", tolerances={"fgsm.white.top1_error": 0.9})
    """)
    # Where MixBench is installed anew, its entry point has loaded the fixture already.
    installed = pytestconfig.pluginmanager.is_registered(mixbench.gate.fixture)
    words = () if installed else ("-p", "mixbench.gate.fixture")
    result = pytester.runpytest_inprocess(*words, "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([f"*regression: 1 of {GATES} measures (fgsm.white.top1_error)*"])


def test_too_little_evidence_fails_unless_it_is_allowed(tmp_path):
    write(tmp_path / "bad", training(1))
    write(tmp_path / "good", training(0))
    with pytest.raises(AssertionError, match=f"inconclusive: [0-9]+ of {GATES} measures"):
        assert_no_regression(tmp_path / "bad", baseline=tmp_path / "good")
    assert_no_regression(tmp_path / "bad", baseline=tmp_path / "good", allow_inconclusive=True)


def test_missing_outcomes_fail_even_where_too_little_evidence_is_allowed(tmp_path):
    write(tmp_path / "bad", BAD).with_suffix(".npz").unlink()
    write(tmp_path / "good", GOOD)
    with pytest.raises(AssertionError, match="outcomes are missing"):
        assert_no_regression(tmp_path / "bad", baseline=tmp_path / "good", allow_inconclusive=True)


def test_what_cannot_be_compared_is_no_failure_of_the_model(tmp_path):
    with pytest.raises(MixBenchError, match="needed a record"):
        assert_no_regression(tmp_path / "nowhere", baseline=tmp_path / "nowhere")


def test_pytest_starts_without_anything_heavy():
    heavy = {"numpy", "scipy", "rich", "pydantic", "torch"}
    code = f"import sys, mixbench.gate.fixture; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
