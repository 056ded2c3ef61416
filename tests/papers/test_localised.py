"""Localisation from an experiment's file to its verdicts; errors by hand; the trainings of records are used."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from paper import EXPERIMENT, bench, shipped

from mixbench.cli import main
from mixbench.data.load import known_boxes
from mixbench.papers.experiment import read_experiment
from mixbench.papers.kinds.localisation import missed, top1_missed
from mixbench.papers.kinds.sightings import IMAGES, drawn_sightings
from mixbench.papers.settings import places_of
from mixbench.runs.localisation import localise_jobs
from mixbench.runs.plan import plan_spec
from mixbench.show.sightings import heated
from mixbench.spec.suite import load_suite

MINE = EXPERIMENT.replace("clean.top1_error", "localisation.top1_error").replace(
    'where = "Table 1"\ntitle', 'kind = "localisation"\nwhere = "Table 1"\ntitle'
)
FEWER = (
    ("test_fraction = 0.2", "test_fraction = 0.2\nkeep_train = 60\nkeep_test = 30"),
    ('sha256 = "647bc8df2e6dfbee268a650e986d3a37536ff5cefa4cb8a841fb108f97426301"\n', ""),
    ("train_images = 2874\ntest_images = 360", "train_images = 60\ntest_images = 30"),
    ("epochs = 12", "epochs = 2"),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = shipped("clutter", FEWER)
    (tmp_path / "few.toml").write_text(text, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(MINE, encoding="utf-8")
    return tmp_path


def test_a_box_misses_below_a_half_and_top_1_where_the_label_is_wrong_too() -> None:
    outcomes = {
        "overlap": np.array([0.49, 0.5, 0.9, 0.1]),
        "label": np.array([1, 1, 2, 2]),
        "predicted": np.array([1, 1, 0, 0]),
    }

    assert missed(outcomes).tolist() == [True, False, False, True]
    assert top1_missed(outcomes).tolist() == [True, False, True, True]


def test_models_are_trained_once_and_localise_once(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["reproduce", "mine.toml", "--on", "few.toml", "--seeds", "2", "--json"]
    assert main(words) == 0
    made = json.loads(capsys.readouterr().out)
    stamps = {path: path.stat().st_mtime_ns for path in (place / "runs").rglob("manifest")}
    assert main(words) == 0

    assert json.loads(capsys.readouterr().out) == made
    assert {path: path.stat().st_mtime_ns for path in (place / "runs").rglob("manifest")} == stamps
    assert len(list((place / "runs" / "store" / "trainings").iterdir())) == 4
    erm, mixup = made["settings"][0]["rows"]
    assert 0 < erm["cells"][0]["mean"] <= 1
    assert mixup["cells"][0]["deviation"] is not None
    (claim,) = made["claims"]
    assert claim["seeds"] == 2
    assert claim["difference"] == pytest.approx(mixup["cells"][0]["mean"] - erm["cells"][0]["mean"])


def test_the_trainings_are_those_of_records(place: Path) -> None:
    suite = load_suite(place / "few.toml")
    ((training, finding),) = localise_jobs(suite, suite.backbone, [("cutmix", 3)], "cpu").values()
    (record,) = plan_spec(suite, suite.backbone, ["cutmix"], [3], "cpu").records

    assert training.digest == record.trainings["model"].digest
    assert finding.needs == (training.digest,)


def test_the_plan_says_the_cost_and_the_papers_own_data_are_said_to_lack(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", "cutmix/localisation", "--on", "few.toml", "--seeds", "1", "--plan", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in planned].count("localisations") == 4
    assert [each["kind"] for each in planned].count("trainings") == 4

    assert main(["reproduce", "cutmix/localisation"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Not run: needs CUB-200-2011's pictures and boxes" in shown
    assert "mixbench reproduce cutmix/localisation --on clutter" in shown
    assert not (place / "runs" / "store").exists()


def test_the_picture_has_every_row_s_boxes_of_the_same_images(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["reproduce", "mine.toml", "--on", "few.toml", "--seeds", "1", "--json", "--picture"]
    assert main([*words, "seen.svg"]) == 0
    capsys.readouterr()
    experiment = read_experiment(place / "mine.toml")
    rows = drawn_sightings(experiment, places_of(experiment, "few.toml"), [0], bench(place)).rows

    assert [label[0] for label, _ in rows] == ["ERM", "mixup"]
    for (_, first), (_, second) in itertools.pairwise(rows):
        assert all(
            (one.image == other.image).all() and one.known == other.known
            for one, other in zip(first, second, strict=True)
        )
    suite = load_suite(place / "few.toml")
    known = known_boxes(suite.data)
    drawn = "".join(ElementTree.parse(place / "seen.svg").getroot().itertext())
    for _, sightings in rows:
        assert len(sightings) == IMAGES
        for at, each in enumerate(sightings):
            assert list(each.known) == known[at].tolist()
            assert each.caption.startswith(f"IoU {overlap(each.known, each.found):.2f}, ")
            assert each.caption.partition(" taken")[0] in drawn
            left, top, right, bottom = each.found
            seen = each.heat >= 0.2
            assert seen[top:bottom, left].any()
            assert seen[top, left:right].any()
            assert not seen[top:bottom, left:right].all() or (right - left) * (bottom - top) == seen.sum()


def overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """Pixels of both by pixels of either."""
    pixels = [{(x, y) for x in range(a, c) for y in range(b, d)} for a, b, c, d in (one, other)]
    return len(pixels[0] & pixels[1]) / len(pixels[0] | pixels[1])


def test_the_heat_covers_what_the_model_looks_at() -> None:
    image, heat = np.array([[[0.0, 1.0], [0.5, 0.5]]]), np.array([[1.0, 0.0], [0.0, 0.5]])

    made = heated(image, heat)
    assert made[:, 0, 0] == pytest.approx(0.65 * np.array([0.9, 0.62, 0]))
    assert made[:, 0, 1].tolist() == [1, 1, 1]
    assert made[:, 1, 0].tolist() == [0.5] * 3
    assert made[:, 1, 1] == pytest.approx(0.675 * 0.5 + 0.325 * np.array([0.9, 0.62, 0]))


def test_a_picture_without_boxes_is_refused_in_a_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "cutmix/localisation", "--picture", "seen.png"]) == 2
    assert "--picture: needed a suite that knows the boxes of its items, got none; add --on" in capsys.readouterr().err
    assert main(["reproduce", "mine.toml", "--on", "digits", "--picture", "seen.png"]) == 2
    assert "needed the box of each test image's item, got none" in capsys.readouterr().err
    assert not (place / "seen.png").exists()


@pytest.mark.parametrize(
    ("on", "change", "words"),
    [
        ("digits", ("", ""), "needed the box of each test image's item, got none; use clutter"),
        ("few.toml", ("localisation.top1_error", "localisation.top_error"), "Did you mean 'localisation.top1_error'"),
    ],
)
def test_wrong_usage_is_one_line_and_trains_nothing(
    place: Path, capsys: pytest.CaptureFixture[str], on: str, change: tuple[str, str], words: str
) -> None:
    (place / "mine.toml").write_text(MINE.replace(*change) if change[0] else MINE, encoding="utf-8")

    assert main(["reproduce", "mine.toml", "--on", on, "--seeds", "1"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1
    assert not (place / "runs" / "store" / "trainings").exists()
