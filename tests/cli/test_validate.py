"""`mixbench validate`: exit codes, a reason a line, --json, and that no stranger's code is run."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from forging import golden
from tiny import write_suite

from mixbench.cli.validate import known
from mixbench.cli.validate import validate as command
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.model import OWN_BACKBONES
from mixbench.spec.suite import load_suite
from mixbench.training.backbone import _FAMILIES, _TIMM


@pytest.fixture
def suite(tmp_path) -> Path:
    return write_suite(tmp_path)


def bad(folder: Path, name: str = "tiny-bad.json") -> Path:
    it = golden()
    it.name, it.content["outcomes"]["file"] = name, name.replace(".json", ".npz")
    it.content["readings"]["clean.top1_error"]["value"] = 0.5
    it.content["provenance"]["dirty"] = True
    return it.write(folder)


def test_a_good_record_is_one_line_and_0(mixbench, tmp_path, suite):
    said = mixbench("validate", golden().write(tmp_path), "--suite", suite)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"{tmp_path / 'tiny-golden.json'}: nothing speaks against it\n"


def test_every_reason_is_a_line_and_1(mixbench, tmp_path, suite):
    path = bad(tmp_path)
    said = mixbench("validate", path, "--suite", suite)
    assert said.code == 1
    lines = said.out.splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    for words in ("provenance.dirty", "readings.clean.top1_error.value: 0.5 in the record"):
        assert [line for line in lines if words in line], words


def test_a_suite_that_is_not_shipped_is_unknown_unless_it_is_given(mixbench, tmp_path):
    said = mixbench("validate", golden().write(tmp_path))
    assert said.code == 1
    assert "is of no known suite, got the name 'tiny'; known are " in said.out
    assert "give --suite FILE" in said.out
    assert len(said.out.splitlines()) == 1


def test_json_has_an_object_a_record(mixbench, tmp_path, suite):
    records = tmp_path / "board" / "tiny" / "records"
    records.mkdir(parents=True)
    good, worse = golden().write(records), bad(records)
    said = mixbench("validate", tmp_path / "board", "--suite", suite, "--json")
    rows = {row["path"]: row for row in json.loads(said.out)}
    assert said.code == 1
    assert set(rows) == {str(good), str(worse)}
    # The two are one measurement, which speaks against either.
    assert [row["valid"] for row in rows.values()] == [False, False]
    assert any("measured already" in reason for reason in rows[str(good)]["reasons"])
    assert any("provenance.dirty" in reason for reason in rows[str(worse)]["reasons"])
    worse.unlink()
    assert json.loads(mixbench("validate", good, "--suite", suite, "--json").out) == [
        {"path": str(good), "valid": True, "reasons": []}
    ]


@pytest.mark.parametrize(("backbone", "known"), [("resnet18", True), ("resnet18x", False), ("gh-1", False)])
def test_a_backbone_that_timm_does_not_have_is_refused(mixbench, tmp_path, suite, backbone, known):
    it = golden()
    it.content["backbone"] = it.content["model"]["create_model"]["model_name"] = backbone
    it.retrain()
    said = mixbench("validate", it.write(tmp_path), "--suite", suite)
    assert (said.code, "there is none" in said.out) == ((0, False) if known else (1, True))


OWN_MODEL = {"torch": "2.14.1+cu130", "lenet": {"size": [1, 8, 8], "maps": [20, 50], "units": 500}, "stem": "none"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, None),
        ({"torch": "2.14.1"}, None),
        ({"lenet": {"size": [True, 8, 8], "maps": [20, 50], "units": 500}}, "model.lenet: needed"),
        ({"torch": "2.14.1+buy this"}, "model.torch: needed '2.14.1', got '2.14.1+buy this'"),
        ({"torch": "2.14.0"}, "model.torch: needed '2.14.1', got '2.14.0'"),
        ({"lenet": {"size": [1, 8, 8], "maps": [20, 50], "units": 501}}, "model.lenet: needed"),
        (
            {"create_model": {"model_name": "lenet", "num_classes": 10, "in_chans": 1}},
            "model.create_model: needed None",
        ),
        ({"note": "buy this"}, "model.note: needed None"),
    ],
)
def test_a_backbone_beside_timm_s_says_what_it_is(mixbench, tmp_path, suite, said, reason):
    it = golden()
    it.content["backbone"], it.content["model"] = "lenet", OWN_MODEL | said
    it.content["provenance"]["packages"]["torch"] = "2.14.1"
    it.retrain()
    done = mixbench("validate", it.write(tmp_path), "--suite", suite)
    assert (done.code, (reason or "") in done.out) == (1 if reason else 0, True)
    assert not reason or done.out.count("model.") == 1


def test_a_build_of_torch_may_be_in_the_packages_too(mixbench, tmp_path, suite):
    it = golden()
    it.content["backbone"], it.content["model"] = "lenet", OWN_MODEL | {"torch": "2.14.1+cpu"}
    it.content["provenance"]["packages"]["torch"] = "2.14.1+cpu"
    it.retrain()
    assert mixbench("validate", it.write(tmp_path), "--suite", suite).code == 0


def test_the_backbones_beside_timm_s_are_those_of_the_table():
    own = [
        name for families in _FAMILIES.values() for family in families if family is not _TIMM for name in family.names()
    ]
    assert sorted(own) == sorted(OWN_BACKBONES)


def test_a_timm_backbone_takes_no_features():
    iris = load_suite("iris").data
    with pytest.raises(MixBenchError, match="backbone 'resnet18': needed one for tabular, got another; use mlp"):
        known().describe_own("resnet18", iris)
    assert known().describe_own("resnet18", load_suite("digits").data) is None


def test_a_backbone_of_another_kind_of_data_is_refused(mixbench, tmp_path, suite):
    it = golden()
    it.content["backbone"] = "mlp"
    it.retrain()
    said = mixbench("validate", it.write(tmp_path), "--suite", suite)
    assert (said.code, "backbone 'mlp': needed one for images" in said.out) == (1, True)


def test_a_record_on_a_board_is_held_against_the_board_without_being_told(mixbench, tmp_path, suite):
    records = tmp_path / "board" / "tiny" / "records"
    records.mkdir(parents=True)
    golden().write(records)
    it = golden()
    it.name, it.content["outcomes"]["file"] = "tiny-again.json", "tiny-again.npz"
    said = mixbench("validate", it.write(records), "--suite", suite)
    assert said.code == 1
    assert "measured already on this suite and backbone, in tiny-golden.json" in said.out


def test_a_record_in_a_runs_folder_is_held_against_the_board_that_is_named(mixbench, tmp_path, suite):
    records, runs = tmp_path / "board" / "tiny" / "records", tmp_path / "runs"
    records.mkdir(parents=True)
    runs.mkdir()
    golden().write(records)
    it = golden()
    it.content["provenance"]["seconds"]["model"] += 1
    path = it.write(runs)
    assert mixbench("validate", path, "--suite", suite).code == 0
    said = mixbench("validate", path, "--suite", suite, "--beside", tmp_path / "board")
    assert said.code == 1
    assert said.out.count("measured already") == 1
    said = mixbench("validate", path, "--suite", suite, "--beside", tmp_path / "none")
    assert (said.code, len(said.err.splitlines())) == (2, 1)


def test_a_record_in_another_suites_folder_is_told(mixbench, tmp_path, suite):
    for name, code in (("tiny", 0), ("digits", 1), ("somewhere", 1)):
        records = tmp_path / name / "records"
        records.mkdir(parents=True)
        said = mixbench("validate", golden().write(records), "--suite", suite)
        assert (said.code, f"suite: the record lies in {name}/records, got 'tiny'" in said.out) == (code, bool(code))


def test_a_file_that_is_no_record_is_invalid_and_one_that_is_not_there_unusable(mixbench, tmp_path):
    (tmp_path / "x.json").write_text("{")
    said = mixbench("validate", tmp_path / "x.json")
    assert said.code == 1
    assert "needed a readable JSON file" in said.out
    (tmp_path / "empty").mkdir()
    for words in ((tmp_path / "none.json",), (tmp_path / "empty",), ()):
        said = mixbench("validate", *words)
        assert said.code == 2
        assert said.out == ""
        assert len(said.err.splitlines()) == 1


def test_a_file_given_twice_is_no_double_of_itself(mixbench, tmp_path, suite):
    path = golden().write(tmp_path)
    assert mixbench("validate", path, tmp_path / "here" / ".." / "tiny-golden.json", path, "--suite", suite).code == 0


def test_a_hostile_name_cannot_move_the_cursor(mixbench, tmp_path, suite):
    path = tmp_path / "\x1b[2J\u202eevil.json"
    shutil.copy(golden().write(tmp_path), path)
    said = mixbench("validate", path, "--suite", suite)
    assert said.code == 1
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
    assert "file name: needed letters" in said.out


def test_nothing_of_a_stranger_is_run_and_no_torch_is_loaded(tmp_path, suite):
    """A spec that names a file which lies here, and a method of an installed package: neither is touched."""
    fired = tmp_path / "fired"
    (tmp_path / "mine.py").write_text(f"import pathlib\npathlib.Path({str(fired)!r}).touch()\nclass Mine: pass\n")
    it = golden()
    it.content["augmentation"], it.content["method_versions"] = "mine.py:Mine", {"mine.py:Mine": "a" * 64}
    path = it.write(tmp_path)
    code = (
        "import sys\n"
        "from mixbench.augment import own\n"
        "from mixbench.cli import main\n"
        "own.entry_points = lambda **_: sys.exit('looked for packages')\n"
        f"code = main(['validate', {str(path)!r}, '--suite', {str(suite)!r}])\n"
        "sys.exit(9 if {'torch', 'timm', 'torchvision'} & set(sys.modules) else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "sources: needed the file of mine.py:Mine" in done.stdout
    assert not fired.exists()


def test_the_command_returns_its_exit_code(tmp_path, suite, capsys):
    assert command(golden().write(tmp_path), suite=[str(suite)]) == 0
    assert command(bad(tmp_path), suite=[str(suite)]) == 1
