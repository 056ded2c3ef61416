"""mlbench's tables from small files that rdata writes, and the real ones where apt put them."""

import lzma
import shlex
import subprocess
import warnings

import numpy as np
import pandas as pd
import pytest
from official import section

from mixbench.data.files import places
from mixbench.data.load import LOADERS, load
from mixbench.data.loaders import mlbench
from mixbench.data.survey import examine
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite

rdata = pytest.importorskip("rdata", reason="needs the extra tabular")


@pytest.fixture
def empty(home, monkeypatch, tmp_path):
    """Nothing is installed anywhere; return where files may be put."""
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(mlbench, "INSTALLED", ())
    (home / "mlbench").mkdir(parents=True)
    return home / "mlbench"


def frame(**changes):
    """Six rows of a table like Sonar's, with a factor of three levels, of two and of one."""
    columns = {
        "V1": np.arange(6) / 4,
        "V2": pd.Categorical(["a", "c", "b", "a", "a", "b"], categories=["c", "b", "a"]),
        "V3": pd.Categorical(["0", "1", "1", "0", "1", "0"]),
        "V4": pd.Categorical(["0"] * 6),
        "Class": pd.Categorical(["R", "M", "R", "M", "R", "M"]),
    }
    return pd.DataFrame(columns | changes)


def write(folder, table, name="Sonar", **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rdata.write_rda(folder / f"{name}.rda", {name: table}, **({"compression": "xz"} | options))


def loaded(name="sonar", **changes):
    return LOADERS[name].load(section(name, **changes))


def refused(**changes):
    with pytest.raises(MixBenchError) as caught:
        loaded(**changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("compression", ["xz", "gzip", "bzip2"])
def test_factors_are_a_feature_a_level_and_of_two_levels_one(empty, compression):
    write(empty, frame(), "Ionosphere", compression=compression)
    table = mlbench.TABLES["ionosphere"]._replace(own=4)
    found = mlbench.mlbench(table, section("ionosphere"))
    known = [
        [0.00, 0, 0, 1, 0, 0],
        [0.25, 1, 0, 0, 1, 0],
        [0.50, 0, 1, 0, 1, 0],
        [0.75, 0, 0, 1, 0, 0],
        [1.00, 0, 0, 1, 1, 0],
        [1.25, 0, 1, 0, 0, 0],
    ]
    np.testing.assert_array_equal(found.train.images.flatten(1), known[:4])
    np.testing.assert_array_equal(found.test.images.flatten(1), known[4:])
    assert (found.train.labels.tolist(), found.test.labels.tolist()) == ([1, 0, 1, 0], [1, 0])
    assert found.classes == ["M", "R"]


def test_a_test_fraction_divides_by_class_and_without_a_split_of_its_own_it_is_needed(empty):
    write(empty, frame())
    found = loaded(test_fraction=0.33)
    assert np.bincount(found.train.labels).tolist() == [2, 2]
    assert np.bincount(found.test.labels).tolist() == [1, 1]
    assert "needed a test_fraction, got none" in refused()


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (lambda path: write(path, frame(V1=[0, 1, np.nan, 3, np.inf, 5.0])), "got 2 missing values"),
        (lambda path: write(path, frame(V1=["x"] * 6)), "could not convert string to float: 'x'"),
        (lambda path: write(path, frame().rename(columns={"Class": "Label"})), "got 'Class'"),
        (lambda path: write(path, np.arange(6.0)), "Sonar is no data frame"),
        (lambda path: (path / "Sonar.rda").write_bytes(b"RDX3\nX\n"), "not packed as R's are"),
        (
            lambda path: (path / "Sonar.rda").write_bytes(lzma.compress(b"RDX3\nX\n" + bytes(40))),
            "needed the data frame",
        ),
        (lambda path: (path / "Sonar.rda").write_bytes(lzma.compress(bytes(1 << 26))), "larger than 33554432 bytes"),
    ],
)
def test_a_damaged_file_is_refused_with_the_command_that_brings_it(empty, content, got):
    content(empty)
    said = refused(test_fraction=0.3)
    assert got in said
    assert "apt-get download r-cran-mlbench" in said


def test_a_file_that_is_cut_short_and_another_than_declared_are_refused(empty):
    write(empty, frame())
    path = empty / "Sonar.rda"
    assert "needed sha256:" in refused(test_fraction=0.3, files={"Sonar.rda": f"sha256:{'0' * 64}"})
    path.write_bytes(path.read_bytes()[:-20])
    assert "cut short" in refused(test_fraction=0.3)


def test_what_is_missing_is_answered_with_the_commands_that_bring_it(empty, monkeypatch, tmp_path):
    folder = tmp_path / "a new home"
    said = refused(path=str(folder))
    assert "needed Sonar.rda of Debian's r-cran-mlbench, got none" in said
    bin = tmp_path / "bin"
    bin.mkdir()
    write(tmp_path, frame())
    # An apt-get and a dpkg that bring the small file as the real ones bring the package.
    (bin / "apt-get").write_text('#!/bin/sh\n[ "$1 $2" = "download r-cran-mlbench" ] && touch r-cran-mlbench_2.deb\n')
    (bin / "dpkg").write_text(
        f'#!/bin/sh\n[ "$1 $2" = "-x r-cran-mlbench_2.deb" ] && mkdir -p "$3/{mlbench.INSIDE}" &&'
        f' cp {shlex.quote(str(tmp_path))}/Sonar.rda "$3/{mlbench.INSIDE}"\n'
    )
    for each in bin.iterdir():
        each.chmod(0o755)

    command = said.partition("bring it by: ")[2]
    subprocess.run(["bash", "-c", command], check=True, env={"PATH": f"{bin}:/usr/bin:/bin"})

    assert len(loaded(path=str(folder), test_fraction=0.33).train) == 4
    assert [each.name for each in folder.iterdir()] == ["usr"]
    monkeypatch.setattr(mlbench, "can_read", lambda: False)
    assert refused(path=str(folder)).endswith(
        "needed the Python package rdata, got none; bring it by: pip install rdata"
    )
    assert refused(path=str(tmp_path / "none")).endswith("&& pip install rdata")


REAL = {
    # As UCI's and Statlog's documentation of each counts them: features, and rows of each class for training and test.
    "letter": (16, None, None),
    "satellite": (36, [1072, 479, 961, 415, 470, 1038], [461, 224, 397, 211, 237, 470]),
    "shuttle": (9, [34108, 37, 132, 6748, 2458, 6, 11], [11478, 13, 39, 2155, 809, 4, 2]),
    "vowel": (9, [48] * 11, [42] * 11),
    "vehicle": (18, None, None),
    "ionosphere": (34, [99, 101], [27, 124]),
    "sonar": (60, None, None),
    "dna": (180, [464, 485, 1051], [303, 280, 603]),
}
WHOLE = {
    "letter": [
        789, 766, 736, 805, 768, 775, 773, 734, 755, 747, 739, 761, 792,
        783, 753, 803, 783, 758, 748, 796, 813, 764, 752, 787, 786, 734,
    ],
    "vehicle": [218, 212, 217, 199],
    "sonar": [111, 97],
}  # fmt: skip
ROWS = {
    # The first training row of UCI's files; of vowel the first of the test, less the coefficient that mlbench lacks.
    "letter": ("T", [2, 8, 3, 5, 1, 8, 13, 0, 6, 6, 10, 8, 0, 8, 0, 8]),
    "satellite": (
        "grey soil",
        [
            92, 115, 120, 94, 84, 102, 106, 79, 84, 102, 102, 83, 101, 126, 133, 103, 92, 112,
            118, 85, 84, 103, 104, 81, 102, 126, 134, 104, 88, 121, 128, 100, 84, 107, 113, 87,
        ],
    ),
    "shuttle": ("Fpv.Close", [50, 21, 77, 0, 28, 0, 27, 48, 22]),
    "vowel": ("hid", [-1.149, -1.988, 0.739, -0.06, 1.206, 0.864, 1.196, -0.3, -0.467]),
    "vehicle": ("van", [95, 48, 83, 178, 72, 10, 162, 42, 20, 159, 176, 379, 184, 70, 6, 16, 187, 197]),
    "ionosphere": ("good", [1, 0, 0.99539, -0.05889, 0.85243, 0.02306, 0.83398, -0.37708, 1, 0.0376]),
    "sonar": ("R", [0.02, 0.0371, 0.0428, 0.0207, 0.0954, 0.0986, 0.1539, 0.1601, 0.3109, 0.2111]),
}  # fmt: skip


def labels_of(part, row, names):
    """The classes of a split's rows that begin so."""
    near = np.abs(part.images.flatten(1).numpy()[:, : len(row)] - np.float32(row)).max(1) < 1e-6
    return [names[label] for label in part.labels[near]]


def installed():
    return any((place / "Sonar.rda").is_file() for place in mlbench.places_of(section("sonar")))


needs_mlbench = pytest.mark.skipif(not installed(), reason="needs Debian's r-cran-mlbench, which scripts/tables brings")


@needs_mlbench
@pytest.mark.parametrize("name", REAL)
def test_the_real_tables_are_the_suites_and_as_their_documentation_counts_them(name):
    data = load_suite(name).data
    found, (features, train, test) = LOADERS[name].load(data), REAL[name]
    counts = [np.bincount(part.labels, minlength=data.classes) for part in found[:2]]
    assert found.train.images.shape[1:] == (features, 1, 1)
    if name in WHOLE:
        assert sum(counts).tolist() == WHOLE[name]
    else:
        assert [each.tolist() for each in counts] == [train, test]
    if name in ROWS:
        label, row = ROWS[name]
        parts = found[:2] if data.test_fraction else [found.test if name == "vowel" else found.train.first(1)]
        assert any(label in labels_of(part, row, data.class_names) for part in parts)
    load(data)
    draft = {"name": name, **({"test_fraction": data.test_fraction} if data.test_fraction else {})}
    surveyed = examine(draft).section
    assert {key: getattr(data, key) for key in surveyed} == surveyed


@needs_mlbench
def test_a_real_table_with_missing_values_is_refused():
    # UCI counts them by vote: 12, 48, 11, 11, 15, 11, 14, 15, 22, 7, 21, 31, 25, 17, 28 and 104.
    with pytest.raises(
        MixBenchError, match=r"HouseVotes84 with Class, without missing values, .* got 392 missing values"
    ):
        mlbench.mlbench(mlbench.Table("HouseVotes84", 16), section("votes"))
