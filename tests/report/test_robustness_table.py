"""`mixbench eval`'s table: the sign of a difference, and what the label noise really was."""

import io

import pytest
from boards import content, write_record
from rich.console import Console

from mixbench.cli.eval import _erm_beside
from mixbench.report.table import robustness_table
from mixbench.results.record import load_record


def record(folder, aug, error, **changes):
    made = content(aug, 0, {"clean.top1_error": error}, **changes)
    return load_record(write_record(folder, made))


@pytest.fixture
def text(tmp_path):
    screen = Console(file=io.StringIO(), width=110, record=True)
    screen.print(robustness_table([record(tmp_path, "mixup", 0.3)], [record(tmp_path, "erm", 0.1)]))
    return screen.export_text()


def test_a_difference_is_the_method_s_minus_erm_s(text):
    (line,) = (line for line in text.splitlines() if "clean.top1_error" in line)
    assert "+20.0" in line


def test_the_noise_that_was_drawn_is_said(text):
    assert "of the labels redrawn" in text
    assert "noise50:" in text


def test_a_record_of_erm_that_names_no_surrogate_is_passed_over(tmp_path):
    method = record(tmp_path, "mixup", 0.3)
    record(tmp_path, "erm", 0.1, trainings={})
    assert _erm_beside(method, tmp_path) == []
