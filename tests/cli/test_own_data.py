"""mixbench suite new --data: what is written, what is said, and what is refused before the work."""

import json
import os
import shutil
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from PIL import Image

from mixbench.cli import main
from mixbench.data import survey
from mixbench.data.load import load
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TrainingSpec


def write_folder(root, classes=("cat", "dög"), seed=0):
    rng = np.random.default_rng(seed)
    for name in classes:
        (root / name).mkdir(parents=True)
        for place in range(6):
            Image.fromarray(rng.integers(256, size=(4, 4, 3), dtype=np.uint8)).save(root / name / f"{place}.png")
    return root


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def new(*words):
    return main(["suite", "new", "--from", "digits", "--test-fraction", "0.3", *map(str, words)])


def test_the_suites_file_keeps_class_names_and_moves_with_its_data(here, tmp_path, capsys):
    write_folder(here / "pets")
    assert new("--data", "pets", "photos.toml") == 0
    assert "2 classes: cat, dög" in capsys.readouterr().out
    written = tomllib.loads((here / "photos.toml").read_text(encoding="utf-8"))
    assert (written["data"]["path"], written["data"]["class_names"]) == ("pets", ["cat", "dög"])
    shutil.move(here, tmp_path / "moved")
    made = load_suite(tmp_path / "moved" / "photos.toml")
    assert made.data.path == str(tmp_path / "moved" / "pets")
    assert len(load(made.data).test) == 4
    assert made.settings["data"]["class_names"] == ["cat", "dög"]


def test_a_suite_beside_its_data_or_far_from_it(here, tmp_path):
    write_folder(tmp_path / "pets")
    assert new("--data", tmp_path / "pets", "suites/photos.toml") == 0
    written = tomllib.loads((here / "suites" / "photos.toml").read_text(encoding="utf-8"))
    assert written["data"]["path"] == "../../pets"
    (tmp_path / "link").symlink_to(here / "suites")
    assert load_suite(tmp_path / "link" / "photos.toml").data.path == str(tmp_path / "pets")


def test_class_names_are_in_no_digest(here):
    write_folder(here / "pets")
    assert new("--data", "pets", "a.toml") == 0
    text = (here / "a.toml").read_text(encoding="utf-8")
    (here / "b.toml").write_text(text.replace('"cat"', '"Katze"'), encoding="utf-8")
    (here / "c.toml").write_text(text.replace('"cat"', '"dög"'), encoding="utf-8")
    first, other = load_suite("a.toml"), load_suite("b.toml")
    assert other.data.names == ["Katze", "dög"]
    assert first.digest == other.digest
    rest = {"backbone": "x", "augmentation": "erm", "method_versions": {}, "noise": 0.0, "seed": 0, "device": "cpu"}
    assert TrainingSpec.of(first, **rest).digest == TrainingSpec.of(other, **rest).digest
    assert TrainingSpec.of(first, **rest).family == TrainingSpec.of(other, **rest).family
    assert main(["suite", "show", "c.toml"]) == 2


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("My Photos.toml", "needed a file name of small letters, digits, '.', '_' and '-', got 'My Photos'; call it"),
        ("photos.txt", "needed a file that ends in .toml"),
        ("there.toml", "is there already"),
        ("there.toml/photos.toml", "needed to write there, got Not a directory"),
    ],
)
def test_the_file_is_refused_before_the_data_are_read(here, monkeypatch, capsys, file, message):
    write_folder(here / "pets")
    (here / "there.toml").write_text("")
    monkeypatch.setattr(survey, "survey", lambda *_, **__: pytest.fail("read the data"))
    assert new("--data", "pets", file) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def run(words, **environment):
    command = [sys.executable, "-c", "import sys; from mixbench.cli import main; sys.exit(main())", *words]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment}, check=False)


def test_paths_and_names_in_a_locale_without_them(here):
    """Written in the C locale, the file is the one that a UTF-8 locale writes."""
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "utf-8"}
    write_folder(here / "é", ("ça", "cb", "zé"))
    words = ["suite", "new", "--from", "digits", "--data", "é", "--test-fraction", "0.3"]
    made = run([*words, "--epochs", "1", "c.toml"], **ascii_only)
    assert made.returncode == 0, made.stderr
    assert new("--data", "é", "--epochs", "1", "utf8.toml") == 0
    written = [tomllib.loads((here / f"{name}.toml").read_text(encoding="utf-8")) for name in ("c", "utf8")]
    assert written[0]["data"] == {**written[1]["data"], "name": "c"}
    assert written[0]["data"]["class_names"] == ["cb", "zé", "ça"]
    for encoding in ("utf-8", "ascii"):
        shown = run(["suite", "show", "c.toml"], **{**ascii_only, "PYTHONIOENCODING": encoding})
        assert shown.returncode == 0, shown.stderr
        data = tomllib.loads(shown.stdout.decode(encoding))["data"]
        assert (data["path"], data["class_names"]) == (str(here / "é"), ["cb", "zé", "ça"])
    told = json.loads(run(["suite", "show", "c.toml", "--json"], **ascii_only).stdout)
    assert told["data"]["path"] == str(here / "é")
    (here / "é").rename(here / os.fsdecode(b"\xe9"))
    refused = run([*words[:4], "--data", os.fsdecode(b"\xe9"), "other.toml"], **ascii_only)
    assert refused.returncode == 2
    assert b"needed a name in UTF-8, got other bytes; rename it" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
