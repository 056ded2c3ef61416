"""Readings in Python: why one is missing, as a table, in a few lines."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

import mixbench
from mixbench.results.readings import Reading
from mixbench.results.shown import Readings, readings_frame, summary, summary_html

READINGS = Readings(
    {
        "calibration.nll": Reading(value=0.25, n=50, low=0.2, high=0.3),
        "clean.top1_error": Reading(value=0.125, n=50, low=0.1, high=0.2),
        "noise20.test_error_best": Reading(value=0.5, n=50, low=None, high=None),
    }
)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("clean.top5_error", "more than 5 classes"),
        ("clean.top1_eror", "Did you mean 'clean.top1_error'"),
        ("fgsm.black.top1_error", "needs a surrogate"),
        ("between.miss_mixup", "needs training images"),
        ("noise80.test_error_last", "needs a training on wrong labels"),
        ("calibration.ece", "was not measured here"),
    ],
)
def test_a_missing_reading_is_a_key_error_that_says_why(name, reason):
    with pytest.raises(KeyError) as caught:
        READINGS[name]
    assert isinstance(caught.value, mixbench.MixBenchError)
    assert reason in str(caught.value)
    assert READINGS.get(name) is None
    assert name not in READINGS


def test_a_frame_has_a_row_a_measure_in_the_tables_order():
    frame = readings_frame(READINGS)
    assert list(frame.index) == ["clean.top1_error", "noise20.test_error_best", "calibration.nll"]
    assert list(frame.columns) == ["value", "low", "high", "n"]
    assert frame.loc["clean.top1_error"].tolist() == [0.125, 0.1, 0.2, 50]
    assert math.isnan(frame.loc["noise20.test_error_best", "low"])


def test_a_summary_is_a_few_lines_with_headline_measures_in_percent():
    said = summary("Some", READINGS, ["random: a sentence", "random: another"])
    assert len(said.splitlines()) <= 10
    assert "12.5 [10.0, 20.0] %" in said
    assert said.endswith("flags: random")


def test_html_is_a_table_whose_text_is_escaped():
    said = summary_html("<b>", READINGS, [])
    assert said.startswith("<table>")
    assert "&lt;b&gt;" in said
    assert "<b>" not in said


def test_a_record_is_short_in_every_form_and_keeps_its_digest():
    path = min(Path("leaderboards/digits/records").glob("*.json"))
    record = mixbench.load_record(path)
    assert len(repr(record)) < 1000
    assert repr(record) == str(record)
    assert record._repr_html_().startswith("<table>")
    assert len(record.frame()) == len(record.readings) == len(json.loads(path.read_text())["readings"])
    with pytest.raises(KeyError, match="unknown measure"):
        record.readings["clean.top6_error"]


def test_the_package_shows_its_names_and_version_and_loads_no_torch():
    code = (
        "import sys, mixbench; assert set(mixbench.__all__) <= set(dir(mixbench)); assert mixbench.__version__;"
        "assert not {'torch', 'pandas', 'timm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
