"""Japanese Vowels from small files in the true format, and the real ones where pip put them."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from official import section

from mixbench.data.files import places
from mixbench.data.load import LOADERS, load
from mixbench.data.survey import examine
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite

HEAD = "#of another hand\n@problemName JapaneseVowels\n@dimensions 12\n@classLabel true 1 2 3 4 5 6 7 8 9\n@data\n"
TRAIN, TEST = "JapaneseVowels_TRAIN.ts", "JapaneseVowels_TEST.ts"
needs_aeon = pytest.mark.skipif(find_spec("aeon") is None, reason="needs pip install --no-deps aeon==1.6.0")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path / "home"))
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    return tmp_path / "home" / "japanese-vowels"


def line(values, speaker):
    return ":".join([*(",".join(map(str, row)) for row in values.tolist()), str(speaker)])


def written(folder, train, test):
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in ((TRAIN, train), (TEST, test)):
        (folder / name).write_text(HEAD + "\n".join(lines) + "\n")


def loaded(**changes):
    return LOADERS["japanese-vowels"].load(section("japanese-vowels", classes=9, height=12, width=29, **changes))


def refused(**changes):
    with pytest.raises(MixBenchError) as caught:
        loaded(**changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_coefficients_are_deviations_over_the_training_frames_with_zeros_after_the_last(home):
    rng = np.random.default_rng(0)
    train = [rng.normal(row, 1 + row, (12, frames)) for row, frames in ((0, 7), (1, 29))]
    test = rng.normal(0, 1, (12, 9))
    written(home, [line(train[0], 9), line(train[1], 1)], [line(test, 4)])

    found = loaded()

    frames = np.hstack(train)
    assert (found.train.labels.tolist(), found.test.labels.tolist()) == ([8, 0], [3])
    for image, values in zip([*found.train.images, *found.test.images], [*train, test], strict=True):
        known = (values - frames.mean(1)[:, None]) / frames.std(1)[:, None]
        inside = np.abs(known) < 3.9
        there = (image[0, :, : values.shape[1]].numpy() - 128.0) / 32
        np.testing.assert_allclose(there[inside], known[inside], atol=1 / 64 + 1e-9)
        assert (image[0, :, values.shape[1] :] == 128).all()


GOOD = np.ones((12, 7))


@pytest.mark.parametrize(
    ("bad", "got"),
    [
        (line(np.ones((11, 7)), 1), "11 series of [7] values in line 7"),
        (line(np.ones((12, 30)), 1), "12 series of [30] values"),
        (line(GOOD, 1).replace("1.0", "1.0,2.0", 1), "12 series of [7, 8] values"),
        (line(GOOD, 1).replace("1.0", "nan", 1), "not finite"),
        (line(GOOD, 1).replace("1.0", "?", 1), "could not convert string to float: '?' in line 7"),
        (line(GOOD, 0), "speaker 0"),
        (line(GOOD, 10), "speaker 10"),
        ("\xff\x1b", "0 series of []"),
    ],
)
def test_a_damaged_line_is_named(home, bad, got):
    written(home, [line(GOOD, 1), bad], [line(GOOD, 1)])
    said = refused()
    assert got in said or "invalid literal" in said
    assert TRAIN in said


def test_an_empty_file_and_another_than_declared_are_refused(home):
    written(home, [], [line(GOOD, 1)])
    assert "no utterances" in refused()
    assert "needed sha256:" in refused(files=dict(LOADERS["japanese-vowels"].files()))


def test_what_is_missing_is_answered_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setattr("mixbench.data.loaders.japanese_vowels.find_spec", lambda name: None)
    assert refused().endswith("bring them by: pip install --no-deps aeon==1.6.0")
    assert "pip install" in refused(path=str(tmp_path))


@needs_aeon
def test_the_real_utterances_are_the_suites_without_importing_aeon():
    data = load_suite("japanese-vowels").data
    found = load(data)
    assert np.bincount(found.train.labels).tolist() == [30] * 9
    # As UCI's documentation of the set counts them.
    assert np.bincount(found.test.labels).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    surveyed = examine({"name": "japanese-vowels"}).section
    assert {key: getattr(data, key) for key in surveyed} == surveyed
    assert "aeon" not in sys.modules
