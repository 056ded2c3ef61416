"""The shipped experiments: their numbers are those of the published rows, their names are known everywhere."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from paper import EXPERIMENT

from mixbench.augment.build import canonical, composition
from mixbench.papers.experiment import Experiment, experiment_names, load_experiment, read_experiment
from mixbench.papers.kinds.table import KINDS
from mixbench.papers.quantity import MEDIAN, reading_of
from mixbench.papers.settings import places_of
from mixbench.spec.errors import MixBenchError

PUBLISHED = Path(__file__).parents[2] / "leaderboards" / "published" / "papers.csv"
NAMES = experiment_names()
RECORDS = [name for name in NAMES if load_experiment(name).kind == "records"]
TABLES = {
    "mixup/table1": "Table 1",
    "mixup/table2": "Table 2",
    "mixup/table3": "Table 3",
    "mixup/table4": "Table 4",
    "mixup/table5": "Table 5",
}


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(PUBLISHED.read_text(encoding="utf-8").splitlines()))


def numbers(experiment: Experiment) -> list[tuple[str, float]]:
    return [
        ("clean.top1_error" if name == MEDIAN.quantity.name else name, float(number))
        for setting in experiment.settings
        for values in setting.published.values()
        for name, number in zip(experiment.quantities_of(setting), values, strict=True)
        if number != "-"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_printed_number_is_a_published_row(name: str) -> None:
    experiment = load_experiment(name)
    known = {(row["measure"], float(row["percent"])) for row in rows()}

    assert [each for each in numbers(experiment) if each not in known] == []


@pytest.mark.parametrize(("name", "where"), TABLES.items())
def test_a_whole_table_of_the_mixup_paper_has_all_its_cells(name: str, where: str) -> None:
    published = [row for row in rows() if row["source"].startswith("mixup paper") and row["where"] == where]
    wanted = Counter((row["measure"], float(row["percent"])) for row in published)

    assert Counter(numbers(load_experiment(name))) == wanted


def test_figure_4_has_the_test_errors_of_both_models() -> None:
    figure = load_experiment("mixup/figure4")
    for setting, (backbone, model) in zip(
        places_of(figure, None), (("lenet", "LeNet"), ("vgg11_bn", "VGG-11")), strict=True
    ):
        published = [row for row in rows() if (row["where"], row["backbone"]) == ("Figure 4", model)]
        wanted = [row["percent"] for row in published if row["measure"] == "clean.top1_error"]
        assert setting.backbone == backbone
        assert [numbers for (numbers,) in setting.setting.published.values()] == wanted
    assert {setting.title for claim in figure.claims for setting in figure.settings_of(claim)} == {
        "Google commands, VGG-11"
    }


@pytest.mark.parametrize("name", RECORDS)
def test_specs_quantities_and_suites_are_known(name: str) -> None:
    experiment = load_experiment(name)
    for spec in (spec for row in experiment.rows for spec in row.specs):
        assert canonical(composition(spec))
    for setting in experiment.settings:
        assert [reading_of(each).quantity.name for each in experiment.quantities_of(setting)]
    assert places_of(experiment, None)
    for suite in experiment.here:
        assert places_of(experiment, suite)


@pytest.mark.parametrize("name", NAMES)
def test_the_kind_is_in_the_table(name: str) -> None:
    assert load_experiment(name).kind in KINDS


def test_another_suite_makes_settings_one_and_keeps_their_changes() -> None:
    table3, table5 = load_experiment("mixup/table3"), load_experiment("mixup/table5")

    assert [place.suite.name for place in places_of(table3, "digits")] == ["digits", "digits"]
    decays = [place.suite.training.optimizer.weight_decay for place in places_of(table5, "digits")]
    assert decays == [1e-4, 5e-4]
    (merged,) = places_of(load_experiment("mixup/figure3"), "digits")
    assert [setting.title for setting in merged.settings] == [
        "CIFAR-10, PreAct ResNet-18",
        "CIFAR-100, PreAct ResNet-18",
    ]


def test_a_suite_of_the_paper_s_own_is_measured_as_the_paper_s_own_settings_alone() -> None:
    panels, tables = load_experiment("bi-tempered/figure2"), load_experiment("mixup/table4")

    loaders = [place.suite.data.loader or place.suite.data.name for place in places_of(panels, "toy")]
    assert loaders == ["toy", "toy-small-margin", "toy-large-margin", "toy-random"]
    (iris,) = places_of(tables, "iris")
    assert ([each.title for each in iris.settings], iris.instead) == (["UCI Iris"], False)
    (wine,) = places_of(tables, "wine")
    assert (len(wine.settings), wine.instead) == (6, True)


def test_a_name_that_is_none_gets_a_suggestion() -> None:
    with pytest.raises(MixBenchError, match="Did you mean 'mixup/table2'"):
        load_experiment("mixup/tabel2")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('row = "mixup"', 'row = "mixed"', "needs two rows of one aug each"),
        ('quantities = ["clean.top1_error"]', 'quantities = ["clean.top1_error", "x"]', "needs a row of this label"),
        ('aug = "mixup"', 'augs = "mixup"', "Did you mean 'aug'"),
        ('aug = "mixup"', 'best_of = ["mixup", "cutmix"]', "not chosen on the test split"),
        ("settings = [0]", "settings = [7]", "needs settings from 0 to 0"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_in_one_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = EXPERIMENT.replace(old, new)
    assert text != EXPERIMENT
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(MixBenchError, match=words):
        read_experiment(path)
