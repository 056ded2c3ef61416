"""Curves are what the outcomes say, seeds of one method are one line, and what is missing is said in one line."""

import json
import subprocess
import sys

import numpy as np
import pytest
from boards import GOLDEN, content, write_record
from sklearn.calibration import calibration_curve
from statsmodels.stats.proportion import proportion_confint

from mixbench.results.outcomes import load_outcomes
from mixbench.show.curves import read_chart
from mixbench.spec.errors import MixBenchError

(GOLDEN_RECORD,) = GOLDEN.glob("*.json")
OUTCOMES = load_outcomes(GOLDEN_RECORD.with_suffix(".npz"))
LEVELS = (0.2, 0.5, 0.8)


def panels(paths, what):
    return {panel.axes.title: panel for panel in read_chart(paths, what).panels}


def line(panel):
    (one,) = panel.lines
    return one


def test_errors_over_eps_are_those_of_the_outcomes_with_wilsons_interval():
    found = panels([GOLDEN_RECORD], "eps")
    assert list(found) == ["FGSM, white box", "I-FGSM, white box"]
    for name, panel in zip(("fgsm", "ifgsm"), found.values(), strict=True):
        wrong = OUTCOMES[f"curve.{name}.white.wrong"]
        drawn = line(panel)
        assert np.allclose(drawn.x, json.loads(GOLDEN_RECORD.read_text())["settings"]["eps_curve"])
        assert np.allclose(drawn.y, wrong.mean(axis=1))
        low, high = proportion_confint(wrong.sum(axis=1), wrong.shape[1], method="wilson")
        assert np.allclose([drawn.low, drawn.high], [low, high])


def test_noise_is_over_the_share_of_redrawn_labels_from_none_on():
    drawn = line(panels([GOLDEN_RECORD], "noise")["Test error"])
    labels = OUTCOMES["labels"]
    errors = [(OUTCOMES[f"noise{level * 100:.0f}.test_predicted"] != labels).mean() for level in LEVELS]
    assert np.allclose(drawn.x, [0, *LEVELS])
    assert np.allclose(drawn.y, [(OUTCOMES["clean.rank"] > 1).mean(), *errors])
    memorised = panels([GOLDEN_RECORD], "noise")["Error on corrupted training labels"]
    assert memorised.axes.guide == (0.9, 0.9)
    assert np.allclose(line(memorised).x, LEVELS)


def test_reliability_is_scikit_learns():
    found = panels([GOLDEN_RECORD], "reliability")
    correct, confidence = OUTCOMES["clean.rank"] == 1, OUTCOMES["clean.confidence"]
    right, _ = calibration_curve(correct, confidence, n_bins=15)
    counts, _ = np.histogram(confidence, np.linspace(0, 1, 16))
    drawn = line(found["Reliability"])
    assert np.allclose(drawn.y, right[counts[counts > 0] >= 5])
    assert np.allclose(drawn.x, (np.flatnonzero(counts >= 5) + 0.5) / 15)
    assert np.allclose(line(found["Confidence"]).y, counts / counts.sum())


def test_equal_lambdas_are_one_point():
    found = panels([GOLDEN_RECORD], "between")
    assert list(found) == ["Mixup blends", "CutMix pastes", "Gradient on mixup blends"]
    pastes = line(found["CutMix pastes"])
    shares = OUTCOMES["between.cutmix_lambda"].mean(axis=0)
    assert np.allclose(pastes.x, np.unique(shares))
    for x, y in zip(pastes.x, pastes.y, strict=True):
        assert y == pytest.approx(OUTCOMES["between.miss_cutmix"][:, np.isclose(shares, x)].mean())
    gradient = line(found["Gradient on mixup blends"])
    assert np.allclose(gradient.y, OUTCOMES["between.gradient_norm"].mean(axis=0))
    assert gradient.low is None


def test_epochs_are_counted_from_one():
    found = panels([GOLDEN_RECORD], "epochs")
    assert list(found) == ["True labels", "20 % label noise", "50 % label noise", "80 % label noise"]
    assert np.allclose(line(found["80 % label noise"]).y, OUTCOMES["noise80.test_error"])
    assert line(found["True labels"]).x.tolist() == [1, 2]


def test_seeds_are_one_line_their_mean_between_the_lowest_and_the_highest(tmp_path):
    values = {0: 0.1, 1: 0.2, 2: 0.6}
    paths = [
        write_record(tmp_path, content("mixup(alpha=8.0)", seed, {"noise50.test_error_last": value}))
        for seed, value in values.items()
    ]
    chart = read_chart([*paths, paths[0]], "noise")
    drawn = line(chart.panels[0])
    assert (drawn.low[2], drawn.y[2], drawn.high[2]) == pytest.approx((0.1, 0.3, 0.6))
    assert "Means over 3 seeds" in chart.note
    assert chart.labels == ("mixup(alpha=8.0)",)


def test_seeds_pool_their_images_for_reliability(tmp_path):
    paths = [write_record(tmp_path, content("erm", seed), outcomes=True) for seed in range(2)]
    twice, once = (line(panels(some, "reliability")["Reliability"]) for some in (paths, paths[:1]))
    shared = np.isin(twice.x, once.x)
    assert np.allclose(twice.y[shared], once.y)
    assert (twice.n[shared] == 2 * once.n).all()
    assert (twice.high - twice.low)[shared].max() < (once.high - once.low).max()


def test_labels_say_as_much_as_tells_the_rows_apart(tmp_path):
    records = [content("erm"), content("erm", suite="other"), content("mixup(alpha=8.0)")]
    labels = read_chart([write_record(tmp_path, each) for each in records], "eps").labels
    assert labels == ("erm, tiny", "erm, other", "mixup(alpha=8.0), tiny")
    versions = [write_record(tmp_path / str(k), content("erm", method_versions={"erm": k})) for k in (1, 2)]
    assert read_chart(versions, "eps").labels == ("erm, erm v1", "erm, erm v2")


def test_what_a_record_lacks_is_named_with_what_it_has(tmp_path):
    bare = content("external", None, label_noise={}, name="mine")
    bare["curves"] = {name: curve for name, curve in bare["curves"].items() if not name.endswith("test_error")}
    path = write_record(tmp_path, bare)
    for what, needed in (("noise", "trainings on noisy labels"), ("epochs", "test errors by epoch")):
        with pytest.raises(MixBenchError, match=f"needed {needed} .*ask for --what eps or between or reliability"):
            read_chart([path], what)
    assert read_chart([path], "eps").labels == ("mine",)


def test_refuses_no_records_unknown_curves_and_others_outcomes(tmp_path):
    with pytest.raises(MixBenchError, match="needed a record"):
        read_chart([], "eps")
    with pytest.raises(MixBenchError, match="Did you mean 'noise'"):
        read_chart([GOLDEN_RECORD], "nois")
    path = write_record(tmp_path, content("erm"))
    with pytest.raises(MixBenchError, match="outcomes"):
        read_chart([path], "reliability")


def test_reading_curves_needs_neither_torch_nor_matplotlib():
    code = (
        "import sys, mixbench.cli.plot, mixbench.cli.show; from mixbench.show.curves import read_chart;"
        f" read_chart([{str(GOLDEN_RECORD)!r}], 'eps'); sys.exit(bool({{'torch', 'matplotlib'}} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
