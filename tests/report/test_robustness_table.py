"""`mixbench eval`'s table: the sign of a difference, and what the label noise really was."""

import io

import pytest
from boards import content, write_record
from rich.console import Console

from mixbench.report.beside import erm_beside
from mixbench.report.table import explanation, robustness_table
from mixbench.results.measures import HEADLINE, MEASURES
from mixbench.results.record import load_record


def record(folder, aug, error, seed=0, **changes):
    made = content(aug, seed, {"clean.top1_error": error}, **changes)
    return load_record(write_record(folder, made))


SHARED = {"trainings": {"surrogate": "0" * 64}}


def drawn(table, width=120):
    screen = Console(file=io.StringIO(), width=width)
    screen.print(table, soft_wrap=True)
    return screen.file.getvalue()


@pytest.fixture
def pair(tmp_path):
    return [record(tmp_path, "mixup", 0.3)], [record(tmp_path, "erm", 0.1)]


def test_the_last_number_is_the_method_s_minus_erm_s(pair):
    (line,) = (line for line in drawn(robustness_table(*pair)).splitlines() if "clean.top1_error" in line)
    assert "+20.0" in line


def test_headline_measures_come_first_and_the_rest_on_request(pair):
    first, whole = drawn(robustness_table(*pair)), drawn(robustness_table(*pair, every=True), 200)
    shown = {measure.name for measure in MEASURES} & set(first.split())
    assert shown == set(HEADLINE) & set(pair[0][0].readings)
    assert set(pair[0][0].readings) <= set(whole.split())
    assert "--all" in first
    assert "--all" not in whole


def test_the_noise_that_was_drawn_and_every_measure_are_explained(pair):
    told = "\n".join(explanation(*pair, every=True))
    assert "noise50: " in told
    assert "of the labels redrawn" in told
    assert all(f"({name}, " in told for name in pair[0][0].readings)


@pytest.mark.parametrize("every", [False, True])
def test_eighty_columns_hold_the_table_beside_erm_and_forty_every_number(pair, every):
    table = robustness_table(*pair, every=every)
    for width in (80, 40):
        lines = drawn(table, width).splitlines()
        assert max(map(len, lines[1:])) <= width
        assert [line for line in lines if line != line.rstrip()] == []
        assert any("30.0" in line for line in lines)
        assert any("+20.0" in line for line in lines)
    assert "…" not in drawn(table, 40)


def test_footnotes_are_two_lines_at_most(pair):
    lines = drawn(robustness_table(*pair), 80).splitlines()
    assert len(lines) - next(at for at, line in enumerate(lines) if line.startswith("Percent")) <= 2


def test_a_seed_stands_beside_the_same_seed_of_erm(tmp_path):
    erm = [record(tmp_path, "erm", 0.1 * seed, seed=seed, **SHARED) for seed in (1, 2, 3)]
    method = record(tmp_path, "mixup", 0.3, seed=2, **SHARED)
    beside = erm_beside([method], erm)
    assert [each.seed for each in beside] == [2]
    assert "beside erm, seed 2, paired by seed" in drawn(robustness_table([method], beside))


def test_other_seeds_of_erm_are_named_and_said_not_to_be_paired(tmp_path):
    erm = [record(tmp_path, "erm", 0.1, seed=seed, **SHARED) for seed in (1, 2)]
    methods = [record(tmp_path, "mixup", 0.3, seed=seed, **SHARED) for seed in (0, 1)]
    beside = erm_beside(methods, erm)
    assert [each.seed for each in beside] == [1, 2]
    told = drawn(robustness_table(methods, beside))
    assert "seeds 0, 1\n" in told
    assert "beside erm, seeds 1, 2, not paired by seed" in told


def test_a_record_of_erm_that_names_no_surrogate_is_passed_over(tmp_path):
    method, erm = record(tmp_path, "mixup", 0.3), record(tmp_path, "erm", 0.1, trainings={})
    assert erm_beside([method], [erm]) == []


@pytest.mark.parametrize(
    ("seeds", "said"), [(1, "[95 % over examples]"), (2, "intervals need 3 seeds, or one"), (3, "[95 % over seeds]")]
)
def test_the_footnote_speaks_of_the_intervals_that_are_there(tmp_path, seeds, said):
    assert said in drawn(robustness_table([record(tmp_path, "mixup", 0.3, seed) for seed in range(seeds)], []))
