"""The mixup paper's tables of UCI, from small files in the true formats."""

import shutil
import subprocess
import zipfile
from functools import partial

import numpy as np
import pytest
from official import section

from mixbench.data.files import lines, places
from mixbench.data.load import LOADERS, load
from mixbench.data.loaders import uci
from mixbench.data.standard import feature_moments
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite, parse_suite, suites_folder

ABALONE = """M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15,15
M,0.35,0.265,0.09,0.2255,0.0995,0.0485,0.07,7
F,0.53,0.42,0.135,0.677,0.2565,0.1415,0.21,9
I,0.33,0.255,0.08,0.205,0.0895,0.0395,0.055,7
"""
"""UCI's first rows, but for the fourth, whose M of 10 rings is left out."""

HTRU2 = """140.5625,55.68378214,-0.234571412,-0.699648398,3.199832776,19.11042633,7.975531794,74.24222492,0
102.5078125,58.88243001,0.465318154,-0.515087909,1.677257525,14.86014572,10.57648674,127.3935796,0
99.3671875,41.57220208,1.547196967,4.154106043,27.55518395,61.71901588,2.20880796,3.66268055,1
120.5546875,45.54990543,0.282923998,0.419908714,1.358695652,13.07903424,13.31214143,212.5970294,1
"""

PHISHING = """@relation phishing

@attribute having_IP_Address  {-1,1}
@attribute Result  {-1,1}


@data
-1,1,1,1,-1,-1,-1,-1,-1,1,1,-1,1,-1,1,-1,-1,-1,0,1,1,1,1,-1,-1,-1,-1,1,1,-1,-1
1,1,1,1,1,-1,0,1,-1,1,1,-1,1,0,-1,-1,1,1,0,1,1,1,1,-1,-1,0,-1,1,1,1,-1
1,0,-1,1,1,-1,1,1,-1,1,1,1,1,0,0,-1,1,1,0,-1,1,-1,1,-1,-1,0,-1,1,1,1,1
1,1,-1,1,1,-1,-1,1,-1,1,1,1,1,0,1,-1,1,1,0,1,1,1,1,1,-1,0,-1,1,0,1,1
"""


def arrhythmia(*labels):
    """Lines of 279 numbers and a class, the 14th missing but in the first two."""
    rows = np.random.default_rng(0).integers(-50, 200, (len(labels), 279)).astype(object)
    rows[2:, 13] = "?"
    return rows, "".join(",".join(map(str, [*row, label])) + "\n" for row, label in zip(rows, labels, strict=True))


def arcene(rows=3):
    """Lines of 10,000 numbers with a space after each, and their labels."""
    values = np.random.default_rng(rows).integers(0, 999, (rows, 10_000))
    labels = [1, -1, -1, 1][:rows]
    text = "".join(" ".join(map(str, row)) + " \n" for row in values)
    return values, labels, text, "".join(f"{label}\n" for label in labels)


@pytest.fixture(autouse=True)
def folder(home, monkeypatch, tmp_path):
    """Return MIXBENCH_DATA, and nothing is in the cache."""
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    return home


def put(folder, name, **files):
    (folder / name).mkdir(parents=True, exist_ok=True)
    for place, (file, text) in enumerate(files.items()):
        assert place < 4
        (folder / name / FILES.get(file, file)).write_bytes(text if isinstance(text, bytes) else text.encode())


FILES = {
    "abalone": "abalone.data",
    "arrhythmia": "arrhythmia.data",
    "htru2": "HTRU_2.csv",
    "phishing": "Training Dataset.arff",
    **{f"{part}_{kind}": f"arcene_{part}.{kind}" for part in ("train", "valid") for kind in ("data", "labels")},
}


def loaded(name, **changes):
    return LOADERS[name].load(section(name, **({"test_fraction": 0.5} if name != "arcene" else {}) | changes))


def refused(name, **changes):
    with pytest.raises(MixBenchError) as caught:
        loaded(name, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def rows_of(found):
    """Features and class's name of all rows, in any order."""
    return sorted(
        (*np.round(features, 5).tolist(), found.classes[label])
        for part in found[:2]
        for features, label in zip(part.images.flatten(1).numpy().astype(float), part.labels, strict=True)
    )


def test_abalones_sexes_are_three_features_and_a_class_is_a_number_of_rings(folder):
    put(folder, "abalone", abalone=ABALONE)
    sexes = {"M": (1, 0, 0), "F": (0, 1, 0), "I": (0, 0, 1)}
    known = [line.split(",") for line in ABALONE.splitlines()]
    assert rows_of(loaded("abalone")) == sorted((*sexes[s], *map(float, rest), rings) for s, *rest, rings in known)
    # As UCI's own count of classes has it: 1 to 27, and 29.
    assert loaded("abalone").classes == [str(rings) for rings in range(1, 30) if rings != 28]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("name", "text", "classes"),
    [("htru2", HTRU2, ["other", "pulsar"]), ("phishing", PHISHING, ["phishing", "legitimate"])],
)
def test_htru2_and_phishing_are_as_they_are_written(folder, name, text, classes, ends):
    put(folder, name, **{name: text.replace("\n", ends)})
    lines = [list(map(float, line.split(","))) for line in text.splitlines()[-4:]]
    names = dict(zip(sorted({line[-1] for line in lines}), classes, strict=True))
    assert rows_of(loaded(name)) == sorted(
        (*np.float32(line[:-1]).astype(float).round(5).tolist(), names[line[-1]]) for line in lines
    )


def test_a_missing_value_of_arrhythmia_is_the_mean_of_those_known_in_training(folder):
    rows, text = arrhythmia(1, 16, 1, 16, 1, 16)
    put(folder, "arrhythmia", arrhythmia=text)
    found = loaded("arrhythmia")
    parts = [part.images.flatten(1).numpy() for part in found[:2]]
    known = {tuple(row[:13]): row[13] for row in rows.tolist()}
    values = [[known[tuple(row[:13].astype(int).tolist())] for row in part] for part in parts]
    mean = np.mean([value for value in values[0] if value != "?"] or [0])
    for part, column in zip(parts, values, strict=True):
        np.testing.assert_allclose(part[:, 13], [mean if value == "?" else value for value in column])
    assert {found.classes[label] for label in found.train.labels} == {"normal", "others"}


@pytest.mark.parametrize("below", ["arcene", "arcene/ARCENE"])
def test_arcenes_halves_are_its_split(folder, below):
    (first, labels, *texts), (second, _, *others) = arcene(3), arcene(2)
    put(folder, below, train_data=texts[0], train_labels=texts[1], valid_data=others[0], valid_labels=others[1])
    found = loaded("arcene")
    np.testing.assert_array_equal(found.train.images.flatten(1), first)
    np.testing.assert_array_equal(found.test.images.flatten(1), second)
    assert [found.classes[label] for label in found.train.labels] == [
        {1: "cancer", -1: "normal"}[each] for each in labels
    ]


BAD = {
    "a cell too few": ("abalone", ABALONE.replace(",15\n", "\n"), "got 8 in line 1"),
    "a header": ("htru2", "a,b,c,d,e,f,g,h,class\n" + HTRU2, "got 'a' in line 1"),
    "a word elsewhere": ("abalone", ABALONE.replace("0.42,", "M,"), "got 'M' in line 3"),
    "another sex": ("abalone", ABALONE.replace("F,", "X,"), "got 'X' in line 3"),
    "missing where none are": ("htru2", HTRU2.replace("41.57220208", "?"), "got '?' in line 3"),
    "not finite": ("htru2", HTRU2.replace("41.57220208", "inf"), "got 'inf' in line 3"),
    "not a number": ("htru2", HTRU2.replace("41.57220208", "nan"), "got 'nan' in line 3"),
    "an underscore": ("htru2", HTRU2.replace("41.57220208", "4_1"), "got '4_1' in line 3"),
    "another letter": ("htru2", HTRU2.replace("41.57220208", "٣"), "'ascii' codec can't decode"),
    "another class": ("htru2", HTRU2.replace("3.66268055,1", "3.66268055,2"), "needed classes 0, 1"),
    "28 rings": ("abalone", ABALONE.replace(",15\n", ",28\n"), "got 28"),
    "no data": ("phishing", PHISHING.replace("@data", "@date"), "'@data' is not in list"),
    "empty": ("htru2", "\n", "got none"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_of_another_form_is_refused_with_the_line(folder, what):
    name, text, got = BAD[what]
    put(folder, name, **{name: text})
    said = refused(name)
    assert got in said
    assert f"bring it again by: mkdir -p {folder / name} && curl" in said or "bring the files again by: mkdir" in said


def test_what_is_too_large_or_not_as_declared_or_not_of_one_set_is_refused(folder, monkeypatch):
    put(folder, "htru2", htru2=HTRU2)
    assert "needed sha256:" in refused("htru2", files={"HTRU_2.csv": f"sha256:{'0' * 64}"})
    assert "unknown file in data htru2 'htru2.csv'" in refused("htru2", files={"htru2.csv": f"sha256:{'0' * 64}"})
    (_, _, *texts), (_, _, *others) = arcene(3), arcene(2)
    put(folder, "arcene", train_data=texts[0], train_labels=texts[1], valid_data=others[0], valid_labels=texts[1])
    assert "needed a label for each of 2 lines" in refused("arcene")
    monkeypatch.setattr(lines, "LIMIT", 100)
    assert "got more than 100 bytes" in refused("htru2")


@pytest.mark.parametrize("name", uci.TABLES)
def test_what_is_missing_is_answered_with_the_official_download(folder, name):
    said = refused(name)
    assert all(file in said for file in uci.TABLES[name].all_files)
    assert f"https://archive.ics.uci.edu/static/public/{uci.TABLES[name].archive}" in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_command_brings_the_files_into_a_folder_with_spaces(folder, monkeypatch, tmp_path):
    (tmp_path / "372").mkdir()
    with zipfile.ZipFile(tmp_path / "372" / "htru2.zip", "w") as archive:
        archive.writestr("HTRU_2.csv", HTRU2)
        archive.writestr("Readme.txt", "…")
    monkeypatch.setattr(uci, "SITE", tmp_path.as_uri())
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path / "a new home"))
    subprocess.run(["bash", "-c", refused("htru2").partition("bring them by: ")[2]], check=True, capture_output=True)
    assert len(loaded("htru2").train) == 2


def test_moments_that_are_not_written_down_are_the_training_rows(folder, tmp_path):
    (_, _, *texts), (_, _, *others) = arcene(3), arcene(2)
    put(folder, "arcene", train_data=texts[0], train_labels=texts[1], valid_data=others[0], valid_labels=others[1])
    shipped = load_suite("arcene").data
    data = shipped.model_copy(update={"sha256": None, "train_images": 3, "test_images": 2})
    found, raw = load(data), loaded("arcene").train
    written = partial(data.model_copy, update=dict(zip(("mean", "std"), feature_moments(data, raw), strict=True)))
    for part, other in zip((found.train, found.test), (load(written()).train, load(written()).test), strict=True):
        np.testing.assert_array_equal(part.images, other.images)
    np.testing.assert_allclose(found.train.images.mean(0), 0, atol=1e-6)
    text = (suites_folder() / "arcene.toml").read_text()
    with pytest.raises(MixBenchError, match="mean needs one value for each of 10000 channels"):
        parse_suite(text.replace("sha256 =", "# sha256 ="), tmp_path / "mine.toml")
