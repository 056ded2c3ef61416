"""Lists for scripts: every row has a name, and which backbones fit is found out by trying."""

import json

import pytest

from mixbench.augment.table import METHODS
from mixbench.cli import main
from mixbench.report.numbers import eps_text


def listed(capsys, *words: str) -> list[dict]:
    assert main(["list", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_families_that_fit_are_tried(capsys):
    rows = {row["family"]: row for row in listed(capsys, "models", "--aug", "dropblock")}
    assert {"ResNet", "ResNetV2", "DenseNet", "EfficientNet", "MobileNet", "ConvNeXt", "ViT"} <= rows.keys()
    assert rows["ResNet"]["fits"]
    assert not rows["ViT"]["fits"]
    assert "drop_block_rate" in rows["ViT"]["reason"]


def test_augs_say_what_they_change_and_clash_with(capsys):
    rows = {row["name"]: row for row in listed(capsys, "augs")}
    assert rows.keys() == {method.name for method in METHODS}
    assert "cutmix" in rows["mixup"]["not_with"]
    assert rows["mixup"]["parameters"][0] == {"name": "alpha", "default": 1.0, "range": "> 0, ≤ 1,000,000"}
    assert {name for name, row in rows.items() if row["forward_passes"] > 1} == {
        "snapmix",
        "augmix",
        "noisymix",
        "ipmix",
        "regmixup",
        "rankmixup",
    }


@pytest.mark.parametrize("kind", ["augs", "suites", "measures"])
def test_aug_goes_with_models_only(kind, capsys):
    assert main(["list", kind, "--aug", "cutmix"]) == 2
    assert "--aug goes with models only" in capsys.readouterr().err


def test_one_method_is_told_in_full(capsys):
    assert main(["list", "augs", "mixup"]) == 0
    told = capsys.readouterr().out
    lines = [
        "## mixup",
        "| `alpha` | `1.0` | > 0, ≤ 1,000,000 | of Beta",
        "`mixup(alpha=0.2)`",
        "@inproceedings{zhang2018",
    ]
    for line in lines:
        assert line in told
    (row,) = listed(capsys, "augs", "mixup")
    assert row["origin"]["settings"]["ImageNet"] == "mixup(alpha=0.2)"
    assert row["origin"]["bibtex"].startswith("@inproceedings{zhang2018mixup,")


@pytest.mark.parametrize(
    ("words", "why"),
    [(("augs", "mixupp"), "Did you mean 'mixup'"), (("suites", "digit"), "Did you mean 'digits'")],
)
def test_a_name_that_is_in_no_list_is_refused(words, why, capsys):
    assert main(["list", *words]) == 2
    assert why in capsys.readouterr().err


def test_a_range_of_two_kinds(capsys):
    (row,) = listed(capsys, "augs", "label_confusion")
    assert row["parameters"][0] == {"name": "alpha", "default": "auto", "range": "≥ 0 or auto"}


def test_what_needs_sparse_targets_does_not_combine_with_what_makes_them_dense(capsys):
    rows = {row["name"]: row["not_with"] for row in listed(capsys, "augs")}
    assert {"label_smoothing", "mosaic", "bi_tempered"} <= set(rows["decoupled_mixup"])
    assert "decoupled_mixup" in rows["mosaic"]
    assert "mosaic" not in rows["label_smoothing"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("suites", "*-small"), {"fashion-mnist-small"}),
        (("measures", "calibration.ece"), {"calibration.ece"}),
        (("augs", "cut*"), {"cutmix", "cutout"}),
    ],
)
def test_a_pattern_leaves_what_it_matches(words, names, capsys):
    assert {row["name"] for row in listed(capsys, *words)} == names
    assert main(["list", *words]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in names)
    assert "mixup " not in told


def test_models_are_filtered(capsys):
    names = [row["name"] for row in listed(capsys, "models", "resnet*")]
    assert "resnet18" in names
    assert all(name.startswith("resnet") for name in names)


def test_augs_have_a_summary_and_short_numbers_at_eighty_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["list", "augs"]) == 0
    told = capsys.readouterr().out
    assert "Empirical risk minimisation" in told
    assert "()" not in told
    assert "0.03137" not in told
    assert "33333333" not in told
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize(
    ("eps", "text"), [(8 / 255, "8/255"), (0.1, "0.1"), (4 / 3, "1.33333"), (0.2, "0.2"), (1.0, "1.0")]
)
def test_a_radius_is_written_in_pixel_steps_where_it_is_whole(eps, text):
    assert eps_text(eps) == text


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("cutmix(alpha=0.5)", "needed a name, got 'cutmix(alpha=0.5)'; try 'mixbench list augs cutmix'"),
        ("mixup|cutmix", "try 'mixbench list augs mixup'"),
        ("mine.py:MyMix(alpha=2)", "'mixbench check-aug' and 'show' take yours"),
        ("cutmx", "Did you mean 'cutmix'?"),
    ],
)
def test_a_spec_is_answered_with_the_name_to_ask_for(capsys, given, hint):
    assert main(["list", "augs", given]) == 2
    said = capsys.readouterr().err
    assert hint in said
    assert said.count("\n") == 1


def test_a_document_that_cannot_be_written_is_refused_before_it_is_made(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["docs", "--folder", str(tmp_path / "file")]) == 2
    assert "mixbench: --folder " in capsys.readouterr().err
