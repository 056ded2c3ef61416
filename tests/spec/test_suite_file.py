"""Suite files: what is refused and how, and what moves the digest."""

import json
import tomllib
from hashlib import sha256

import pytest
from tiny import SUITE, suite_path, write_suite

from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import MAX_BYTES, load_suite, suite_names

DIGITS = "50fd98dcac04aa3a9944755d0094b40c1c7e334cddaa67ff2c5e99d86d40269b"


CROP = "flip = false\nrandom_resized_crop = { scale = "


def refusal(name) -> str:
    with pytest.raises(MixBenchError) as caught:
        load_suite(name)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("eps = 0.1", "eps = nan", ["battery.eps", "finite", "got nan"]),
        ("learning_rate = 0.006", "learning_rate = inf", ["learning_rate", "finite", "got inf"]),
        ("mean = [0.305383]", "mean = [nan]", ["data.mean.0", "finite"]),
        ("eps = 0.1", 'eps = "0.1"', ["battery.eps", "got '0.1'"]),
        ("eps = 0.1", "eps = 2026-01-01", ["battery.eps", "valid number"]),
        ("eps = 0.1", "eps = 0", ["battery.eps", "greater than 0"]),
        ("eps_curve = [0.1]", "eps_curve = []", ["battery.eps_curve", "at least 1"]),
        ("epochs = 2", "epochs = 2.0", ["training.epochs", "got 2.0"]),
        ("epochs = 2", "epochs = 0", ["training.epochs", "got 0"]),
        ("flip = false", "flip = 0", ["transform.flip", "got 0"]),
        ("pairs = 8", "", ["battery.pairs: is missing"]),
        ("pairs = 8", "pairs = 8\nparis = 3", ["battery.paris: unknown key (got 3)", "Did you mean 'pairs'?"]),
        ("version = 1", "version = 1\nvariant = 1", ["variant: unknown key"]),
        ("mean = [0.305383]", "mean = [0.3, 0.3]", ["mean needs one value for each of 1 channels"]),
        ("width = 8", "width = 8\nstored = [9, 9]", ["data.stored needs transform.random_resized_crop"]),
        ("width = 8", "width = 8\nstored = [7, 9]", ["stored needs at least height and width, [8, 8]"]),
        ("flip = false", f"{CROP}[0.5, 0.1], ratio = [1.0, 1.0] }}", ["scale needs its lower end first"]),
        ("flip = false", f"{CROP}[0.5, 1.1], ratio = [1.0, 1.0] }}", ["scale needs shares of the area"]),
        ("flip = false", f"{CROP}[0.5, 1.0], ratio = [2.0, 1.0] }}", ["ratio needs its lower end first"]),
        ("warmup_epochs = 0.7", "warmup_epochs = 2", ["schedule.warmup_epochs needs to be less than epochs, 2"]),
        ("width = 8", 'width = 8\npath = "~no-such-user/photos"', ["path: needed a path, got '~no-such-user/photos'"]),
        ('name = "adamw"', 'name = "adam"', ["training.optimizer", "'sgd', 'adamw'"]),
        ('"float32"', '"float16"', ["training.precision", "'float32' or 'bfloat16'"]),
        ('name = "tiny"', 'name = "../tiny"', ["name"]),
        ("c8ce", "xxxx", ["data.sha256"]),
        ("[battery]", "[battery", ["needed TOML", "line"]),
        ("[battery]", "[data]", ["needed TOML"]),
    ],
)
def test_a_fault_in_a_suite_is_named_with_its_place(tmp_path, old, new, parts):
    path = write_suite(tmp_path, (old, new))
    message = refusal(path)
    assert [part for part in [str(path), *parts] if part not in message] == []


@pytest.mark.parametrize(("old", "new"), [("pairs =", "paris ="), ("crop_padding", "crop_pading"), ("eps =", "epss =")])
def test_a_misspelt_key_is_named_and_put_right(tmp_path, old, new):
    message = refusal(write_suite(tmp_path, (old, new)))
    assert f"{new.removesuffix(' =')}: unknown key" in message
    assert f"Did you mean '{old.removesuffix(' =')}'?" in message


def test_no_key_name_is_taken_as_known_by_accident(tmp_path):
    for key in ("written", "digest", "settings", "model_config"):
        assert f"{key}: unknown key" in refusal(write_suite(tmp_path, ("version = 1", f"version = 1\n{key} = 1")))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"\x00",
        b"",
        b"a = " + b"[" * 20_000,
        b"a = " + b"1" * 5_000,
        b'"a\\nb" = 1\n' + SUITE.encode(),
        b'"a\\u2028b" = 1\n' + SUITE.encode(),
    ],
    ids=["not UTF-8", "zero byte", "empty", "deep", "long number", "key with a line end", "key with a separator"],
)
def test_hostile_bytes_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "hostile.toml"
    path.write_bytes(content)
    assert str(path) in refusal(path)


def test_a_file_that_is_not_there_a_folder_and_a_huge_file_are_refused(tmp_path):
    assert "got none there" in refusal(tmp_path / "nothing.toml")
    assert "readable TOML file" in refusal(tmp_path)
    (tmp_path / "file").write_text("")
    assert "readable TOML file" in refusal(tmp_path / "file" / "below.toml")
    assert "readable TOML file" in refusal("x" * 5000 + ".toml")
    path = tmp_path / "huge.toml"
    path.write_text(SUITE + "#" * MAX_BYTES)
    assert f"at most {MAX_BYTES} bytes, got {path.stat().st_size}" in refusal(path)


@pytest.mark.parametrize("name", ["zero\0byte.toml", "surrogate\ud800.toml", "line\nend.toml"])
def test_a_path_that_no_system_takes_is_refused(name):
    refusal(name)


def test_an_unknown_name_is_refused_with_the_nearest():
    message = refusal("digitz")
    assert "unknown suite 'digitz'" in message
    assert "Did you mean 'digits'?" in message
    refusal("")


def test_a_file_may_have_an_at_in_its_name(tmp_path, monkeypatch):
    write_suite(tmp_path, name="mine@2.toml")
    monkeypatch.chdir(tmp_path)
    assert load_suite("mine@2.toml").name == "tiny"


def test_what_is_stored_larger_is_cut_at_random(tmp_path):
    stored, cut = ("width = 8", "width = 8\nstored = [8, 9]"), f"{CROP}[0.5, 1.0], ratio = [1.0, 1.0] }}"
    assert load_suite(write_suite(tmp_path, stored, ("flip = false", cut))).data.stored == [8, 9]


def test_the_shipped_suites_load_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "digits" in suite_names()
    for name in suite_names():
        assert load_suite(name).name == name


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n" + SUITE,
        SUITE.replace(" = ", "   =  "),
        SUITE.replace("\n", "\r\n"),
        SUITE.replace('name = "tiny"\nversion = 1', 'version = 1\nname = "tiny"'),
        SUITE.replace("epochs = 2\nbatch_size = 480", "batch_size = 480 # images\nepochs = 2"),
        SUITE.replace('{ name = "adamw", learning_rate = 0.006,', '{ learning_rate = 0.006, name = "adamw",'),
        SUITE.replace("0.006", "6e-3"),
        SUITE.replace('backbone = "test_resnet"', 'backbone = "resnet18"'),
        SUITE.replace("training_seconds = 1.0", "training_seconds = 77.0"),
        SUITE[: SUITE.index("[expected]")],
    ],
)
def test_what_changes_no_number_leaves_the_digest(tmp_path, text):
    assert text != SUITE
    path = tmp_path / "other.toml"
    path.write_bytes(text.encode())
    assert load_suite(path).digest == load_suite(suite_path()).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "tiny"', 'name = "tiny2"'),
        ("version = 1", "version = 2"),
        ('name = "digits"', 'name = "other"'),
        ("c8ce", "c8cf"),
        ("test_fraction = 0.2", "test_fraction = 0.3"),
        ("train_images = 1437", "train_images = 1438"),
        ("test_images = 360", "test_images = 361"),
        ("classes = 10", "classes = 11"),
        ("height = 8", "height = 9"),
        ("width = 8", "width = 9"),
        ("mean = [0.305383]", "mean = [0.305384]"),
        ("std = [0.376119]", "std = [0.37612]"),
        ("crop_padding = 1", "crop_padding = 0"),
        ("flip = false", "flip = true"),
        ("epochs = 2", "epochs = 3"),
        ("batch_size = 480", "batch_size = 481"),
        ('"float32"', '"bfloat16"'),
        ("threads = 1", "threads = 2"),
        ("learning_rate = 0.006", "learning_rate = 0.0060001"),
        ("weight_decay = 0.01", "weight_decay = 0.02"),
        ('"linear"', '"cosine"'),
        ("warmup_epochs = 0.7", "warmup_epochs = 0.8"),
        ("warmup_start = 0.04", "warmup_start = 0.05"),
        ("eps = 0.1", "eps = 0.2"),
        ("eps_curve = [0.1]", "eps_curve = [0.1, 0.2]"),
        ("pairs = 8", "pairs = 9"),
    ],
)
def test_every_other_value_moves_the_digest(tmp_path, old, new):
    assert load_suite(write_suite(tmp_path, (old, new))).digest != load_suite(suite_path()).digest


def test_the_digest_is_that_of_the_values_as_written():
    written = tomllib.loads(SUITE)
    del written["backbone"], written["expected"]
    text = json.dumps(written, sort_keys=True, separators=(",", ":"))
    assert load_suite(suite_path()).digest == sha256(text.encode()).hexdigest()


def test_the_embedded_suites_digest_moves_only_with_its_version():
    suite = load_suite("digits")
    assert (suite.version, suite.digest) == (1, DIGITS)


def test_the_settings_of_a_record_hold_the_whole_suite():
    suite = load_suite(suite_path())
    assert suite.settings["eps"] == 0.1
    assert {"eps_curve", "pairs", "data", "transform", "training", "name", "version"} <= set(suite.settings)
    assert "written" not in suite.settings
    assert json.loads(json.dumps(suite.settings)) == suite.settings
