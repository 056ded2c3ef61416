"""Records in other tools' formats, against those formats as their owners document them."""

import json
from pathlib import Path

import huggingface_hub
import pytest
import yaml

from mixbench.cli import main
from mixbench.results.export import export_record
from mixbench.results.record import Record, load_record, seal
from mixbench.spec.errors import MixBenchError

GOLDEN = next((Path(__file__).parents[1] / "golden").glob("*.json"))
# The example in RobustBench's robustbench/leaderboard/template.py, field for field.
ROBUSTBENCH = {
    "link": str, "name": str, "authors": str, "additional_data": bool, "number_forward_passes": int, "dataset": str,
    "venue": str, "architecture": str, "eps": str, "clean_acc": str, "reported": str, "autoattack_acc": str,
}  # fmt: skip
HOSTILE = 'a": b\n- dataset: !!python/object/apply:os.system ["x"]\n# <script>\x7f\u2028\u202e😀 \'\t%{{x}}'


def changed(folder: Path, **changes: object) -> Record:
    """The golden record with other content, sealed anew."""
    content = json.loads(GOLDEN.read_text())
    del content["digest"]
    path = folder / "changed.json"
    path.write_bytes(seal({**content, **changes}))
    return load_record(path)


def test_robustbench_has_its_fields_in_their_types_and_nobody_elses_numbers():
    record = load_record(GOLDEN)
    content = json.loads(export_record(record, "robustbench"))
    own = {"footnote", "mixbench"}
    assert content.keys() - own == ROBUSTBENCH.keys()
    for field, kind in ROBUSTBENCH.items():
        assert content[field] is None or type(content[field]) is kind, field
    assert content["autoattack_acc"] is content["reported"] is None
    assert (content["dataset"], content["architecture"], content["eps"]) == ("digits", "test_resnet", "0.1")
    wrong = record.readings["clean.top1_error"].value * 360
    assert content["clean_acc"] == f"{100 * (360 - round(wrong)) / 360:.2f}"
    assert content["mixbench"]["readings"] == json.loads(GOLDEN.read_text())["readings"]
    assert content["mixbench"]["record"] == record.digest
    assert "AutoAttack was not run" in content["footnote"]


@pytest.mark.parametrize(
    ("eps", "text"),
    [(4 / 255, "4/255"), (8 / 255, "8/255"), (0.1, "0.1"), (0.3, "0.3"), (1.0, "255/255"), (0.5, "0.5")],
)
def test_robustbench_writes_eps_in_levels_where_that_is_exact(tmp_path, eps, text):
    settings = {**json.loads(GOLDEN.read_text())["settings"], "eps": eps}
    assert json.loads(export_record(changed(tmp_path, settings=settings), "robustbench"))["eps"] == text


def test_pretrained_weights_and_weights_from_elsewhere_are_not_called_free_of_additional_data(tmp_path):
    made = json.loads(GOLDEN.read_text())["model"]

    def additional(**changes: object) -> object:
        return json.loads(export_record(changed(tmp_path, **changes), "robustbench"))["additional_data"]

    assert additional() is False
    assert additional(model={**made, "create_model": {**made["create_model"], "pretrained": True}}) is True
    assert additional(augmentation="external", seed=None) is None


def test_huggingface_reads_back_as_its_documentation_has_it():
    text = export_record(load_record(GOLDEN), "huggingface", "owner/robust-digits", "https://example.org/record.json")
    entries = yaml.safe_load(text)
    first = next(entry for entry in entries if entry["dataset"]["task_id"] == "clean.top1_error")
    golden = json.loads(GOLDEN.read_text())
    assert first.pop("notes").startswith("fraction, lower is better; n 360, 95 % from ")
    assert first == {
        "dataset": {"id": "owner/robust-digits", "task_id": "clean.top1_error"},
        "value": golden["readings"]["clean.top1_error"]["value"],
        "date": golden["provenance"]["created"],
        "source": {"url": "https://example.org/record.json", "name": "MixBench record"},
    }
    expected = {name for name in golden["readings"] if not name.startswith("diagnostics.")}
    assert {entry["dataset"]["task_id"] for entry in entries} == expected
    assert {type(entry["value"]) for entry in entries} == {float}


@pytest.mark.skipif(
    not hasattr(huggingface_hub, "parse_eval_result_entries"), reason="an older huggingface_hub knows no .eval_results"
)
def test_huggingface_hubs_own_reader_takes_every_entry_and_loses_nothing():
    text = export_record(load_record(GOLDEN), "huggingface", source="https://example.org")
    entries = yaml.safe_load(text)
    parsed = huggingface_hub.parse_eval_result_entries(entries)
    assert huggingface_hub.eval_result_entries_to_yaml(parsed) == entries
    assert {entry.dataset_id for entry in parsed} == {"mixbench/tiny"}


def test_hostile_text_stays_text_in_both(tmp_path):
    record = changed(tmp_path, augmentation=HOSTILE, suite=HOSTILE, backbone=HOSTILE, mixbench_version=HOSTILE)
    text = export_record(record, "robustbench")
    assert json.loads(text)["architecture"] == HOSTILE
    assert json.loads(text)["mixbench"]["suite"] == HOSTILE
    text = export_record(record, "huggingface")
    assert text.isascii()
    for entry in yaml.safe_load(text):
        assert entry.keys() == {"dataset", "value", "date", "notes"}
        assert HOSTILE in entry["notes"]
        huggingface_hub.utils.validate_repo_id(entry["dataset"]["id"])
        assert entry["dataset"]["id"].startswith("mixbench/a-b-dataset-python-")


def test_small_numbers_stay_numbers_and_a_date_that_is_none_is_left_out(tmp_path):
    golden = json.loads(GOLDEN.read_text())
    readings = {**golden["readings"], "clean.top1_error": {"value": 1e-5, "n": 360, "low": None, "high": None}}
    record = changed(tmp_path, readings=readings, provenance={**golden["provenance"], "created": "yesterday"})
    first = yaml.safe_load(export_record(record, "huggingface"))[0]
    assert first["value"] == 1e-5
    assert "date" not in first
    assert "95 %" not in first["notes"]


def test_what_the_formats_do_not_take_is_refused():
    record = load_record(GOLDEN)
    refused = {
        r"unknown format 'robustbnch'.*Did you mean 'robustbench'\?": ("robustbnch",),
        "needed a Hub dataset such as": ("huggingface", "../x"),
        "needed a Hub dataset": ("huggingface", "a/b--c"),
        "starts with https://": ("huggingface", None, "javascript:alert(1)"),
        "which go with huggingface": ("robustbench", "a/b"),
    }
    for message, words in refused.items():
        with pytest.raises(MixBenchError, match=message):
            export_record(record, *words)


def test_the_command_prints_or_writes_the_same(tmp_path, capsys):
    assert main(["export", str(GOLDEN), "--to", "huggingface"]) == 0
    printed = capsys.readouterr().out
    out = tmp_path / ".eval_results" / "digits.yaml"
    assert main(["export", str(GOLDEN), "--to", "huggingface", "--out", str(out)]) == 0
    assert out.read_text() == printed == export_record(load_record(GOLDEN), "huggingface")


def test_the_command_refuses_in_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for words in (["no.json", "--to", "robustbench"], [str(GOLDEN), "--to", "x"],
                  [str(GOLDEN), "--to", "robustbench", "--out", str(tmp_path / "file" / "x.json")]):  # fmt: skip
        assert main(["export", *words]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
