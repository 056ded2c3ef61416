"""Records: round trip, digest, everything that must be refused, and a historic one that must keep loading."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import AUG, finished_record

from mixbench.results.attacks import CORE
from mixbench.results.measures import BY_NAME, MEASURES, read
from mixbench.results.noises import NOISE_GIVEN
from mixbench.results.outcomes import dump, load_outcomes
from mixbench.results.readings import MOST
from mixbench.results.record import load_record, seal
from mixbench.results.strict_json import MAX_BYTES
from mixbench.spec.errors import MixBenchError

GOLDEN = Path(__file__).parents[1] / "golden"


def parsed(path: Path | None = None) -> dict:
    return json.loads((path or finished_record()).read_text(encoding="utf-8"))


def digest_of(content: dict) -> str:
    """The digest as INTERFACE.md words it."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    return sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode("utf-8")).hexdigest()


def refusal(path: Path) -> str:
    with pytest.raises(MixBenchError) as caught:
        load_record(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)
    return str(caught.value)


def resealed(folder: Path, content: dict) -> Path:
    path = folder / "record.json"
    path.write_text(json.dumps({**content, "digest": digest_of(content)}))
    return path


def test_a_record_is_ascii_and_carries_the_digest_of_its_content():
    content = parsed()
    finished_record().read_bytes().decode("ascii")
    assert content["digest"] == digest_of(content)


def test_a_record_says_what_was_measured():
    record = load_record(finished_record())
    assert (record.suite, record.backbone, record.augmentation, record.seed) == ("tiny", "test_resnet", AUG, 0)
    assert record.settings["eps"] == 0.1
    assert record.model_dump(mode="json", exclude_unset=True) == parsed()
    assert (record.sources, record.groups, record.name) == ({}, [], None)
    assert set(record.trainings) == {"model", "surrogate", "noise20", "noise50", "noise80"}
    core = {measure.name for measure in MEASURES if measure.group == CORE and not measure.shift}
    # The tiny suite has no shift and no file of given labels, and its curves have one ε.
    assert set(record.readings) == {
        name for name in core if not name.startswith(NOISE_GIVEN) and "eps_area" not in name
    }
    assert set(record.provenance.seconds) == {*record.trainings, "examination"}
    for name, reading in record.readings.items():
        low, high = BY_NAME[name].range
        assert low <= reading.value <= (np.inf if high is None else high)
        if reading.low is not None and reading.high is not None:
            assert reading.low <= reading.high


def test_white_space_and_key_order_are_not_content(tmp_path):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(dict(reversed(parsed().items())), indent=7))
    assert load_record(path) == load_record(finished_record())


@pytest.mark.parametrize("place", ["readings", "augmentation", "seed", "flags", "provenance", "settings", "digest"])
def test_an_edited_record_is_refused(tmp_path, place):
    content = parsed()
    if place == "readings":
        content["readings"]["clean.top1_error"]["value"] += 1e-9
    elif place == "provenance":
        content["provenance"]["threads"] += 1
    elif place == "settings":
        content["settings"]["eps"] = 0.05
    else:
        content[place] = {"augmentation": "erm", "seed": 1, "flags": ["x: y"], "digest": "0" * 64}[place]
    path = tmp_path / "record.json"
    path.write_text(json.dumps(content))
    assert "it was edited" in refusal(path)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"bacbone": "x"}, ["bacbone: unknown key", "Did you mean 'backbone'?"]),
        ({"schema_version": 2}, ["schema_version", "got 2"]),
        ({"schema_version": "1"}, ["schema_version", "got '1'"]),
        ({"seed": "0"}, ["seed", "got '0'"]),
        ({"seed": 0.0}, ["seed", "got 0.0"]),
        ({"flags": "none"}, ["flags", "got 'none'"]),
        ({"readings": {"clean.top1_error": {"value": "0.1", "n": 1, "low": None, "high": None}}}, ["value", "'0.1'"]),
        ({"readings": {"clean.top1_error": {"value": 0.1, "n": 1}}}, ["low: is missing"]),
        ({"suite_digest": "abc"}, ["suite_digest"]),
        ({"outcomes": {"file": "../secret.npz", "sha256": "0" * 64}}, ["outcomes.file", "'../secret.npz'"]),
        ({"outcomes": {"file": "/etc/x.npz", "sha256": "0" * 64}}, ["outcomes.file"]),
        ({"outcomes": {"file": "a.npz\n", "sha256": "0" * 64}}, ["outcomes.file"]),
        ({"line\nend": 1}, ["unknown key"]),
    ],
)
def test_content_of_another_kind_is_refused_whatever_its_digest(tmp_path, change, parts):
    message = refusal(resealed(tmp_path, {**parsed(), **change}))
    assert [part for part in parts if part not in message] == []


@pytest.mark.parametrize(
    "key", ["schema_version", "battery_version", "suite_digest", "readings", "trainings", "outcomes", "provenance"]
)
def test_a_missing_key_is_named(tmp_path, key):
    content = parsed()
    del content[key]
    assert f"{key}: is missing" in refusal(resealed(tmp_path, content))


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused(tmp_path, bad):
    path = tmp_path / "record.json"
    content = parsed()
    content["readings"]["clean.top1_error"]["value"] = 123456.5
    path.write_text(json.dumps(content).replace("123456.5", bad))
    refusal(path)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"1", b"null", b'"x"', b"\xff\xfe", b"[" * 200_000, b"1" * 5_000, b"{}"],
    ids=["empty", "cut", "list", "number", "null", "text", "no UTF-8", "deep", "long number", "nothing"]
)  # fmt: skip
def test_a_file_that_is_no_record_is_refused(tmp_path, content):
    path = tmp_path / "record.json"
    path.write_bytes(content)
    refusal(path)


def test_a_file_that_is_not_there_or_huge_is_refused(tmp_path):
    refusal(tmp_path / "none.json")
    refusal(tmp_path)
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert f"at most {MAX_BYTES} bytes" in refusal(path)


def test_every_reading_is_recomputed_exactly_from_the_outcomes_beside_the_record():
    record = load_record(finished_record())
    path = finished_record().parent / record.outcomes.file
    assert sha256(path.read_bytes()).hexdigest() == record.outcomes.sha256
    assert read(load_outcomes(path)) == record.readings


def test_readings_agree_with_a_count_by_hand():
    record = load_record(finished_record())
    with np.load(finished_record().parent / record.outcomes.file, allow_pickle=False) as outcomes:
        wrong = outcomes["clean.predicted"] != outcomes["labels"]
        assert record.readings["clean.top1_error"].value == wrong.mean()
        noisy = outcomes["noise50.test_predicted"] != outcomes["labels"]
        assert record.readings["noise50.test_error_last"].value == noisy.mean()
        mask = outcomes["noise50.corrupted"]
        missed = outcomes["noise50.train_predicted"] != outcomes["noise50.given"]
        assert record.readings["noise50.train_error_corrupted"].value == pytest.approx(missed[mask].mean(), rel=1e-12)
        assert record.readings["noise50.train_error_real"].n == (~mask).sum()
        assert record.label_noise["noise50"]["share_selected"] == pytest.approx(mask.mean(), rel=1e-12)
        assert record.label_noise["noise50"]["ceiling"] == 0.9
        assert all(outcomes[name].dtype != object for name in outcomes.files)


def test_outcomes_with_pickled_objects_are_never_loaded(tmp_path):
    class Armed:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "fired",))

    path = tmp_path / "outcomes.npz"
    np.savez(path, labels=np.array([Armed()], dtype=object))
    with pytest.raises(MixBenchError, match=r"needed an \.npz of plain arrays"):
        load_outcomes(path)
    assert not (tmp_path / "fired").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"not a zip", b"\x93NUMPY\x01\x00"])
def test_broken_outcomes_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "outcomes.npz"
    path.write_bytes(content)
    with pytest.raises(MixBenchError, match=r"needed an \.npz") as caught:
        load_outcomes(path)
    assert len(str(caught.value).splitlines()) == 1


def test_an_array_file_in_the_place_of_outcomes_is_refused(tmp_path):
    path = tmp_path / "outcomes.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(MixBenchError):
        load_outcomes(path)


def test_a_changed_byte_within_the_outcomes_is_refused(tmp_path):
    content = bytearray(finished_record().with_suffix(".npz").read_bytes())
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "outcomes.npz"
    path.write_bytes(bytes(content))
    with pytest.raises(MixBenchError):
        load_outcomes(path)


def test_equal_outcomes_are_equal_bytes():
    outcomes = load_outcomes(finished_record().with_suffix(".npz"))
    assert dump(outcomes) == dump({name: values.copy() for name, values in outcomes.items()})


NUMBER = st.floats(-MOST, MOST)
READING = st.fixed_dictionaries(
    {"value": NUMBER, "n": st.integers(0, 10**12), "low": st.none() | NUMBER, "high": st.none() | NUMBER}
)


@given(
    readings=st.dictionaries(st.text(max_size=20), READING, max_size=4),
    flags=st.lists(st.text(max_size=30), max_size=3),
    augmentation=st.text(max_size=40),
    seed=st.none() | st.integers(),
    settings=st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | NUMBER | st.text(max_size=5), max_size=3),
)
def test_any_content_comes_back_as_it_was_sealed(tmp_path_factory, readings, flags, augmentation, seed, settings):
    drawn = {"readings": readings, "flags": flags, "augmentation": augmentation, "seed": seed, "settings": settings}
    content = {**parsed(), **drawn}
    del content["digest"]
    path = tmp_path_factory.getbasetemp() / "sealed.json"
    path.write_bytes(seal(content))
    assert load_record(path).model_dump(mode="json", exclude_unset=True, exclude={"digest"}) == content
    assert load_record(path).digest == digest_of(parsed(path))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_nothing_that_is_no_number_is_ever_sealed(value):
    content = parsed()
    del content["digest"]
    content["readings"]["clean.top1_error"]["value"] = value
    with pytest.raises(ValueError):
        seal(content)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_a_historic_record_keeps_loading_and_its_outcomes_keep_their_readings(path):
    record = load_record(path)
    npz = path.parent / record.outcomes.file
    assert sha256(npz.read_bytes()).hexdigest() == record.outcomes.sha256
    again = read(load_outcomes(npz))
    assert set(again) >= set(record.readings)
    for name, old in record.readings.items():
        new = again[name]
        assert new.n == old.n
        for part in ("value", "low", "high"):
            expected = getattr(old, part)
            close = None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-12)
            assert getattr(new, part) == close, (name, part)


def test_there_is_a_historic_record_of_every_schema_version():
    versions = {json.loads(path.read_text())["schema_version"] for path in GOLDEN.glob("*.json")}
    assert versions == {1}


def test_a_golden_run_reads_as_it_did():
    """The tiny suite's run beside its golden record: what depends on draws alone is equal, the rest within 5 points.

    Trained weights differ in their last bits between kinds of CPU, so readings of them are not compared exactly.
    """
    golden, made = load_record(next(GOLDEN.glob("*.json"))), load_record(finished_record())
    same = (
        "suite_digest",
        "battery_version",
        "augmentation",
        "method_versions",
        "trainings",
        "label_noise",
        "settings",
    )
    for name in same:
        assert getattr(made, name) == getattr(golden, name), name
    assert made.readings.keys() >= golden.readings.keys()
    assert all(BY_NAME[name].since > 1 for name in made.readings.keys() - golden.readings.keys())
    for name, old in golden.readings.items():
        reading = made.readings[name]
        assert reading.n == old.n, name
        assert reading.value == pytest.approx(old.value, abs=0.05, rel=0.05), name
