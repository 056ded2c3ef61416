"""Lists for scripts: every row has a name, and which backbones fit is found out by trying."""

import json

import pytest

from mixbench.augment.table import METHODS
from mixbench.cli import main


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
    assert rows["mixup"]["parameters"][0] == {"name": "alpha", "default": 1.0, "range": "> 0, ≤ 1e+06"}
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
