"""Feature vectors: scikit-learn's own tables, their split and standardisation, and what a suite of them cannot say."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from mixbench.data.load import load
from mixbench.data.split import Split
from mixbench.data.standard import feature_moments
from mixbench.data.survey import examine
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite, parse_suite, suites_folder

SOURCES = {"iris": load_iris, "wine": load_wine, "breast-cancer": load_breast_cancer}


@pytest.mark.parametrize("name", SOURCES)
def test_a_suites_features_are_scikit_learns_split_and_standardised(name):
    source, data = SOURCES[name](), load(load_suite(name).data)
    x, t, y, u = train_test_split(source.data, source.target, test_size=0.3, stratify=source.target, random_state=0)
    scaler = StandardScaler().fit(x)
    for part, features, labels in ((data.train, x, y), (data.test, t, u)):
        assert part.pixels().shape == (len(labels), source.data.shape[1], 1, 1)
        np.testing.assert_allclose(part.pixels().flatten(1), scaler.transform(features), atol=1e-5)
        np.testing.assert_array_equal(part.labels, labels)
    assert load_suite(name).data.class_names == list(source.target_names)


@pytest.mark.parametrize("name", SOURCES)
def test_a_survey_finds_what_the_suite_declares(name):
    declared = load_suite(name).written["data"]
    assert examine({"name": name, "test_fraction": declared["test_fraction"]}).section == declared


def test_moments_by_hand_and_a_constant_feature():
    images = torch.tensor([[1.0, 7.0], [3.0, 7.0], [5.0, 7.0]])[:, :, None, None]
    mean, std = feature_moments(load_suite("iris").data, Split(images, torch.zeros(3, dtype=torch.long), white=1))
    assert mean == [3.0, 7.0]
    assert std == [pytest.approx((8 / 3) ** 0.5, rel=1e-8), 1.0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "tabular"', 'kind = "images"', "needed kind = 'tabular', got 'images'"),
        ("flip = false", "flip = true", "transform needs crop_padding = 0 and flip = false"),
        ("height = 1", "height = 2", "kind 'tabular' needs height = 1 and width = 1"),
        ("[transform]", "[model]\npretrained = true\n\n[transform]", "model.pretrained needs images"),
        ("channels = 4", "channels = 3", "mean needs one value for each of 3 channels"),
    ],
)
def test_a_suite_that_cannot_be_is_refused_in_one_line(tmp_path, old, new, words):
    text = (suites_folder() / "iris.toml").read_text().replace(old, new, 1)
    with pytest.raises(MixBenchError, match=words):
        load(parse_suite(text, tmp_path / "mine.toml").data)
