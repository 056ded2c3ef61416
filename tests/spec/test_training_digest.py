"""A training's digest: every field counts, and nothing else does."""

import json
from hashlib import sha256

import pytest
from pydantic import ValidationError
from tiny import suite_path, write_suite

from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite
from mixbench.spec.training import TRAINING_VERSION, TrainingSpec

REST = {
    "backbone": "test_resnet",
    "augmentation": "erm",
    "method_versions": {"erm": 1},
    "noise": 0.0,
    "seed": 0,
    "device": "cpu",
}


def spec(path=None, **changes) -> TrainingSpec:
    return TrainingSpec.of(load_suite(path or suite_path()), **{**REST, **changes})


@pytest.mark.parametrize(
    "change",
    [
        {"backbone": "resnet18"},
        {"augmentation": "cutmix(alpha=1.0,probability=1.0)"},
        {"method_versions": {"erm": 2}},
        {"method_versions": {"erm": "sha256 of a file"}},
        {"noise": 0.2},
        {"seed": 1},
        {"seed": -1},
        {"device": "cuda"},
        {"training_version": TRAINING_VERSION + 1},
        {"processes": 2},
        {"micro_batch": 8},
    ],
)
def test_every_field_moves_the_digest(change):
    assert spec(**change).digest != spec().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c8ce", "c8cf"),
        ("crop_padding = 1", "crop_padding = 0"),
        ("epochs = 2", "epochs = 3"),
        ("threads = 1", "threads = 2"),
        ('"float32"', '"bfloat16"'),
    ],
)
def test_what_the_suite_says_of_training_moves_the_digest(tmp_path, old, new):
    assert spec(write_suite(tmp_path, (old, new))).digest != spec().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [("eps = 0.1", "eps = 0.2"), ("pairs = 8", "pairs = 9"), ("version = 1", "version = 2"), ('"tiny"', '"other"')],
)
def test_the_batterys_settings_and_a_suites_name_leave_trainings_alone(tmp_path, old, new):
    assert spec(write_suite(tmp_path, (old, new))).digest == spec().digest


def test_the_digest_is_that_of_the_specs_json():
    fields = json.loads(spec().model_dump_json())
    assert (fields.pop("sources"), fields.pop("model"), fields.pop("run_sources")) == ({}, {}, True)
    assert fields.pop("checkpoint_minutes") == 5
    assert (fields.pop("processes"), fields.pop("micro_batch"), fields.pop("pretraining")) == (1, None, None)
    assert set(fields) == {*REST, "data", "transform", "budget", "training_version"}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    assert spec().digest == sha256(text.encode()).hexdigest()


def test_a_section_for_the_model_moves_the_digest(tmp_path):
    section = ("[training]", '[model]\nstem = "strided"\n\n[training]')
    assert spec(write_suite(tmp_path, section)).digest != spec().digest


def test_where_own_data_lie_leaves_the_digest(tmp_path):
    here, there = (("[data]", f'[data]\npath = "{place}"') for place in ("here", "there"))
    digests = {spec(write_suite(tmp_path, each)).digest for each in (here, there)}
    assert digests == {spec().digest}


def test_where_a_users_file_lies_leaves_the_digest():
    assert spec(sources={"mine": "/some/file.py"}).digest == spec().digest


def test_the_family_is_what_decides_the_cost(tmp_path):
    same = spec(seed=5, noise=0.5, augmentation="cutout(size=0.5,holes=1)")
    assert same.family == spec().family
    assert spec(backbone="resnet18").family != spec().family
    assert spec(write_suite(tmp_path, ("epochs = 2", "epochs = 3"))).family != spec().family


@pytest.mark.parametrize("change", [{"seed": "0"}, {"noise": float("nan")}, {"device": "tpu"}, {"extra": 1}])
def test_a_spec_takes_exactly_what_it_declares(change):
    with pytest.raises(ValidationError):
        spec(**change)


def test_how_often_it_is_kept_moves_no_digest_and_is_in_no_record(tmp_path):
    battery = "[battery]\n"
    path = write_suite(tmp_path, (battery, f"[execution]\ncheckpoint_minutes = 0.5\n\n{battery}"))
    often, usual = load_suite(path), load_suite(suite_path())
    assert spec(path).checkpoint_minutes == 0.5
    assert spec().checkpoint_minutes == 5
    assert (often.digest, spec(path).digest) == (usual.digest, spec().digest)
    assert often.settings == usual.settings
    with pytest.raises(MixBenchError, match="checkpoint_minutes"):
        load_suite(write_suite(tmp_path, (battery, f"[execution]\ncheckpoint_minutes = 0\n\n{battery}")))
