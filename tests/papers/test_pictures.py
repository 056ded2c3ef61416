"""`mixbench reproduce --picture`: the plane as the stored models see it, the samples as they are kept, text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import safetensors.numpy
from paper import EXPERIMENT, GANS, bench
from scipy.optimize import brentq
from tiny import write_suite

from mixbench.cli import main
from mixbench.papers.experiment import read_experiment
from mixbench.papers.kinds.gan import made_samples, sample_planes
from mixbench.papers.kinds.plane import STEPS, decision_planes
from mixbench.papers.settings import places_of
from mixbench.runs.plan import plan_spec
from mixbench.show.planes import Panel
from mixbench.spec.suite import load_suite, suites_folder

RINGS = EXPERIMENT.replace('"cifar10"', '"rings.toml"').replace('label = "ERM"', 'label = "ERM & <b>"')
RINGS = RINGS.replace('than = "ERM"', 'than = "ERM & <b>"').replace('"ERM" = ["5.50"]', "")
RINGS = RINGS.replace('aug = "mixup"', 'aug = "bi_tempered(t1=0.2,t2=4.0)"')


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an experiment on the rings, trained for two epochs."""
    monkeypatch.chdir(tmp_path)
    text = (suites_folder() / "toy-rings.toml").read_text(encoding="utf-8")
    assert text.count("epochs = 50") == 1
    (tmp_path / "rings.toml").write_text(text.replace("epochs = 50", "epochs = 2"), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(RINGS, encoding="utf-8")
    return tmp_path


def logits_by_hand(folder: Path, spec: str, point: Sequence[float]) -> np.ndarray:
    suite = load_suite(folder / "rings.toml")
    (record,) = plan_spec(suite, "mlp", [spec], [0], "cpu").records
    weights = safetensors.numpy.load_file(
        folder / "runs" / "store" / "trainings" / record.trainings["model"].digest / "weights.safetensors"
    )
    value = (np.array(point) - suite.data.mean) / suite.data.std
    for layer in ("stages.0.0", "stages.1.0"):
        value = np.maximum(weights[f"{layer}.weight"] @ value + weights[f"{layer}.bias"], 0)
    return weights["head.weight"] @ value + weights["head.bias"]


def softmax(logits: np.ndarray) -> float:
    return float(1 / (1 + np.exp(logits[0] - logits[1])))


def tempered(logits: np.ndarray) -> float:
    """exp_4(a − λ), of which the two sum to one: (1 − 3 (a − λ))^(−1/3)."""
    shares = lambda shift: (1 - 3 * (logits - shift)) ** (-1 / 3)
    shift = brentq(lambda shift: shares(shift).sum() - 1, logits.max() - 1 / 3 + 1e-9, logits.max() + 1e3)
    return float(shares(shift)[1])


def test_a_panel_s_probabilities_are_the_stored_model_s_at_their_places(place: Path) -> None:
    experiment = read_experiment(place / "mine.toml")
    ((erm, other),) = decision_planes(experiment, places_of(experiment, None), [0, 1], bench(place)).rows

    for panel, spec, link in ((erm, "erm", softmax), (other, "bi_tempered(t1=0.2,t2=4.0)", tempered)):
        assert panel.shares is not None
        left, right, down, up = panel.extent
        for row, column in ((0, 0), (0, STEPS - 1), (STEPS - 1, 0), (STEPS // 2, STEPS // 3)):
            x = left + (column + 0.5) / STEPS * (right - left)
            y = down + (row + 0.5) / STEPS * (up - down)
            assert panel.shares[row, column] == pytest.approx(link(logits_by_hand(place, spec, (x, y))), abs=1e-5)


def test_the_points_are_the_training_set_in_its_own_units(place: Path) -> None:
    experiment = read_experiment(place / "mine.toml")
    ((panel, _),) = decision_planes(experiment, places_of(experiment, None), [0], bench(place)).rows
    inner, outer = (np.hypot(*dots.places.T) for dots in panel.dots)

    # The loader's radii: a disc of 0.5 and a ring from 0.75 to 1.
    assert len(inner) + len(outer) == 500
    assert inner.max() <= 0.5 + 1e-6
    assert 0.75 - 1e-6 <= outer.min() <= outer.max() <= 1 + 1e-6


def test_the_picture_is_written_with_its_labels_and_runs_are_used_again(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["reproduce", "mine.toml", "--seeds", "1", "--json", "--picture"]
    assert main([*words, "plane.svg"]) == 0
    trained = {path: path.stat().st_mtime_ns for path in (place / "runs").rglob("manifest")}
    assert main([*words, "plane.png"]) == 0

    drawn = "".join(ElementTree.parse(place / "plane.svg").getroot().itertext())
    assert "ERM & <b>" in drawn
    assert (place / "plane.png").read_bytes().startswith(b"\x89PNG")
    assert {path: path.stat().st_mtime_ns for path in (place / "runs").rglob("manifest")} == trained
    assert main(["runs", "--prune", "--yes"]) == 0
    assert "dropped: 0, " in capsys.readouterr().out


def test_pictures_are_of_the_plane_alone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_suite(place)
    assert main(["reproduce", "mine.toml", "--on", "tiny.toml", "--picture", "plane.svg"]) == 2
    assert "--picture: needed 2 features and 2 classes" in capsys.readouterr().err
    assert main(["reproduce", "mine.toml", "--picture", "plane.gif"]) == 2
    assert "needed a file that ends in .png" in capsys.readouterr().err
    assert main(["reproduce", "--all", "--picture", "plane.svg"]) == 2
    assert "got --picture; leave it out" in capsys.readouterr().err
    assert not (place / "runs").exists()


def test_gans_are_drawn_by_their_kept_samples(place: Path) -> None:
    (place / "gans.toml").write_text(GANS, encoding="utf-8")
    experiment = read_experiment(place / "gans.toml")
    (ring,) = places_of(experiment, None)
    drawn = sample_planes(experiment, [ring], [0], bench(place))
    kept = made_samples(experiment, ring, [("erm", 0), ("mixup(alpha=0.2)", 0)], bench(place))

    panels: Sequence[Panel] = drawn.rows[0]
    for panel, samples in zip(panels, kept.values(), strict=True):
        near, far = (dots.places for dots in panel.dots)
        modes = 2 * np.exp(2j * np.pi * np.arange(8) / 8)
        distance = np.abs((near[:, 0] + 1j * near[:, 1])[:, None] - modes)
        assert (distance.min(axis=1) <= 0.06).all()
        assert np.array_equal(np.sort(np.concatenate([near, far]), axis=0), np.sort(samples, axis=0))
        assert panel.radius == pytest.approx(0.06)
    assert main(["reproduce", "gans.toml", "--seeds", "1", "--picture", "gans.svg", "--format", "json"]) == 0
    assert "samples far from any" in "".join(ElementTree.parse(place / "gans.svg").getroot().itertext())
