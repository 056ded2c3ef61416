"""`mixbench compare` and `mixbench.compare` as their user calls them."""

import json
import re

import numpy as np
import pytest
from drawn import errors, outcomes, ranks, write_drawn, write_methods
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests
from tiny import suite_path

import mixbench as package
from mixbench.augment.build import canonical
from mixbench.results.measures import HEADLINE

KEYS = ["a", "b", "measure", "difference", "low", "high", "p", "p_holm", "verdict", "more_seeds", "headline"]
SHARES = {"erm": 0.1, "mixup(alpha=8.0)": 0.4, "mixup(alpha=4.0)": 0.11}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return write_methods(tmp_path_factory.mktemp("compared") / "runs", suite_path(), SHARES, seeds=4)


@pytest.fixture
def compare(mixbench, runs):
    return lambda *words: mixbench("compare", *words, "--suite", suite_path(), "--runs", runs)


def clean(said, b="erm"):
    """The clean error's entry against a method."""
    name = canonical(package.augmentation(b))
    (entry,) = (each for each in json.loads(said.out) if each["measure"] == "clean.top1_error" and each["b"] == name)
    return entry


def drawn(place: int, share: float) -> np.ndarray:
    return np.array([errors(np.random.default_rng([0, place, seed]), share).mean() for seed in range(4)])


def test_json_has_every_measure_with_the_published_keys(compare):
    said = compare("mixup(alpha=8)", "erm", "mixup(alpha=4)", "--json")
    assert said.code == 0, said.err
    entries = json.loads(said.out)
    assert all(list(entry) == KEYS for entry in entries)
    assert {entry["b"] for entry in entries} == {"erm", canonical(package.augmentation("mixup(alpha=4)"))}
    assert {"calibration.ece", "noise50.train_error_real", "selective.aurc"} <= {entry["measure"] for entry in entries}
    assert [entry["headline"] for entry in entries if entry["b"] == "erm"][: len(HEADLINE)] == [True] * len(HEADLINE)


def test_the_difference_is_a_minus_b_and_the_verdict_is_of_a(compare):
    worse = clean(compare("mixup(alpha=8)", "erm", "--json"))
    better = clean(compare("erm", "mixup(alpha=8)", "--json"), "mixup(alpha=8)")
    difference = (drawn(1, 0.4) - drawn(0, 0.1)).mean()
    assert worse["difference"] == pytest.approx(difference)
    assert better["difference"] == pytest.approx(-difference)
    assert (worse["verdict"], better["verdict"]) == ("worse", "better")
    assert worse["more_seeds"] == 0


def test_without_a_panel_it_is_a_paired_t_test_over_seeds_and_examples(tmp_path, mixbench):
    # Every seed errs on the same share of other images, so that the example's part of the variance is none.
    runs = write_methods(tmp_path / "runs", suite_path(), {"mixup(alpha=2.0)": 0.3, "mixup(alpha=4.0)": 0.2}, draw=5)
    said = mixbench("compare", "mixup(alpha=2)", "mixup(alpha=4)", "--suite", suite_path(), "--runs", runs, "--json")
    entry = clean(said, "mixup(alpha=4.0)")
    half = (entry["high"] - entry["low"]) / 2
    assert entry["difference"] == pytest.approx((entry["high"] + entry["low"]) / 2)
    differences = np.stack([
        errors(np.random.default_rng([5, 0, seed]), 0.3) * 1.0 - errors(np.random.default_rng([5, 1, seed]), 0.2)
        for seed in range(3)
    ])  # fmt: skip
    centred = differences - differences.mean(axis=1, keepdims=True)
    shared = sum(float(centred[s] @ centred[r]) for s in range(3) for r in range(3) if s != r) / (6 * 359)
    parts = differences.mean(axis=1).var(ddof=1) / 3, max(shared, 0.0) / 360
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 359)
    assert half == pytest.approx(student.ppf(0.975, freedom) * sum(parts) ** 0.5, rel=1e-6)
    assert entry["p"] == pytest.approx(2 * student.sf(abs(entry["difference"]) / sum(parts) ** 0.5, freedom), rel=1e-6)


def test_holm_is_within_the_headline_measures_of_a_pair(compare):
    entries = json.loads(compare("mixup(alpha=8)", "erm", "--json").out)
    first = [entry for entry in entries if entry["headline"]]
    expected = multipletests([entry["p"] for entry in first], method="holm")[1]
    assert [entry["p_holm"] for entry in first] == pytest.approx(expected.tolist())
    assert all(entry["p_holm"] is None for entry in entries if not entry["headline"])


@pytest.mark.parametrize("every", [(), ("--all",)])
def test_eighty_columns_hold_the_table(compare, monkeypatch, every):
    monkeypatch.setenv("COLUMNS", "80")
    said = compare("mixup(alpha=8)", "erm", *every)
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in said.out
    (head,) = (line for line in lines if line.startswith("measure"))
    assert head.split() == ["measure", "a", "b", "a", "−", "b", "95", "%", "p", "verdict"]
    row = next(line for line in lines if re.match(r" ?(clean\.)?top", line)).split()
    assert row[-1] == "worse"
    assert f"{100 * drawn(1, 0.4).mean():.1f}" in row
    assert ("selective" in said.out.lower()) == bool(every)
    sentence = " ".join(lines).split("mixup(alpha=8.0) against erm, ")[1]
    assert sentence.startswith("4 common seeds: better in 1 (calibration.ece), worse in 1 (clean.top1_error)")


def test_formats_have_a_row_a_measure(compare):
    latex = compare("mixup(alpha=8)", "erm", "--format", "latex").out
    body = latex.split("\\midrule")[1].split("\\bottomrule")[0].strip().splitlines()
    assert [line.split(" & ")[0].replace("\\", "") for line in body] == list(HEADLINE)
    assert all(line.count(" & ") == 6 and line.endswith(r"\\") for line in body)
    markdown = compare("mixup(alpha=8)", "erm", "--format", "markdown", "--all").out
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert {line.count("|") for line in rows} == {8}
    assert len(rows) > 2 + 30


def test_files_of_one_row_are_one_method_and_records_from_elsewhere_too(mixbench, runs, tmp_path):
    outside = {"name": "mine", "method_versions": {}}
    for seed in range(3):
        made = outcomes(clean__rank=ranks(errors(np.random.default_rng([9, seed]), 0.05)))
        write_drawn(tmp_path / "mine", suite_path(), "external", seed, made, **outside)
    erm = sorted(path for path in runs.glob("*.json") if "-erm-" in path.name)[:3]
    mine = sorted((tmp_path / "mine").glob("*.json"))
    by_files = mixbench("compare", *mine, *erm, "--json")
    by_folder = mixbench("compare", tmp_path / "mine", *erm, "--json")
    assert by_files.code == by_folder.code == 0, by_files.err + by_folder.err
    assert {(entry["a"], entry["b"]) for entry in json.loads(by_files.out)} == {("mine", "erm")}
    assert json.loads(by_files.out) == json.loads(by_folder.out)


def test_python_gives_the_same(compare, runs):
    entries = json.loads(compare("mixup(alpha=8)", "erm", "--json").out)
    frame = package.compare("mixup(alpha=8)", "erm", suite=suite_path(), runs=runs)
    assert list(frame) == KEYS
    for name in KEYS:
        values = [None if isinstance(value, float) and np.isnan(value) else value for value in frame[name]]
        assert values == [entry[name] for entry in entries], name
    files = sorted(runs.glob("*.json"))
    erm = [package.load_record(path) for path in files if "-erm-" in path.name]
    again = package.compare(package.augmentation("mixup(alpha=8)"), erm, suite=suite_path(), runs=runs)
    assert again.equals(frame)


def test_one_seed_without_a_panel_says_how_many_more(mixbench, tmp_path):
    runs = write_methods(tmp_path / "runs", suite_path(), {"mixup(alpha=2.0)": 0.3, "erm": 0.1}, seeds=1)
    entry = clean(mixbench("compare", "mixup(alpha=2)", "erm", "--suite", suite_path(), "--runs", runs, "--json"))
    assert (entry["p"], entry["verdict"], entry["more_seeds"]) == (None, "undecided", 2)


def other(folder, *words, seed=0, made=None, **changes):
    return write_drawn(folder, suite_path(), *words, seed, made or outcomes(), **changes)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"suite_digest": "0" * 64}, "needed records under suite tiny .*got suite tiny 00000000"),
        ({"backbone": "resnet18"}, "backbone test_resnet.*got.*backbone resnet18"),
        ({"seed": 1}, "needed seeds that both have, got 0 of erm and 1 of mixup"),
        ({"seed": None}, "got 0 of erm and none of mixup.*eval --seed"),
        ({"made": outcomes(labels=np.zeros(360, dtype=np.uint16))}, "got other labels in .*than in"),
        ({"made": outcomes(scaled__half=np.zeros(360, dtype=bool))}, r"got other scaled\.half"),
        ({"made": outcomes(between__lambda=np.linspace(0.1, 0.9, 11))}, r"got other between\.lambda"),
        ({"made": outcomes(noise50__corrupted=np.zeros(1437, dtype=bool))}, r"got other noise50\.corrupted"),
    ],
)
def test_records_of_other_draws_are_refused_in_a_line(mixbench, tmp_path, second, message):
    first = other(tmp_path, "erm")
    said = mixbench("compare", first, other(tmp_path, "mixup(alpha=1.0)", **second))
    assert said.code == 2
    assert re.search(message, said.err), said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("erm",), "needed two methods or more, got 1"),
        (("erm", "mixupp"), "Did you mean 'mixup'"),
        (("erm", "cutout"), "needed its records under suite tiny.*mixbench eval --aug cutout"),
        (("erm", "mixup(alpha=8)", "--format", "word"), "one of table, markdown, latex"),
        (("erm", "mixup(alpha=8)", "--measure", "clean.top1_error"), "--measure goes with --until-decided"),
        (("erm", "nowhere.json"), "nowhere.json"),
        (("erm", "mixup", "--until-decided", "--most-seeds", "2"), "--most-seeds: needed 3 to 100, got 2"),
        (("erm", "mixup", "--until-decided", "--measure", "noise50.test_error_best"), "needed --detect X"),
        (("erm", "mixup", "--until-decided", "--measure", "calibration.gap"), "lower is better"),
        (("erm", "mixup", "--until-decided", "--detect", "-1"), "--detect: needed a difference above 0"),
    ],
)
def test_what_cannot_be_is_one_line(compare, words, message):
    said = compare(*words)
    assert said.code == 2
    assert re.search(message, said.err), said.err
    assert said.err.count("\n") == 1


def test_a_claimed_record_is_compared_and_a_verified_one_of_the_same_seed_comes_first(mixbench, tmp_path):
    board = tmp_path / "board" / "tiny"
    for seed in range(3):
        other(board / "records", "erm", seed=seed, made=outcomes(clean__rank=ranks(np.zeros(360, dtype=bool))))
        other(board / "claims", "erm", seed=seed, made=outcomes(clean__rank=ranks(np.ones(360, dtype=bool))))
        other(board / "claims", "mixup(alpha=1.0)", seed=seed, made=outcomes(clean__rank=ranks(np.arange(360) < 36)))
    said = mixbench("compare", "mixup", "erm", "--suite", suite_path(), "--board", tmp_path / "board", "--json")
    assert clean(said)["difference"] == pytest.approx(0.1)
