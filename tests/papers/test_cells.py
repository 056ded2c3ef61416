"""A row of several settings is one model's, and numbers have as many digits as the paper's."""

from __future__ import annotations

import numpy as np

from mixbench.papers.bench import Measured
from mixbench.papers.cells import cells_of, measured_text
from mixbench.papers.experiment import Experiment, Row, Setting
from mixbench.papers.quantity import Quantity
from mixbench.papers.settings import Place

TEST, TRAIN = "noise20.test_error_last", "noise20.train_error_corrupted"
GRID = Row(label="mixup", best_of=["mixup(alpha=1)", "mixup(alpha=8)"])
FIRST = Setting(title="a", suite="cifar10")
SECOND = Setting(title="b", suite="cifar100", published={"mixup": ["6.40", "-"]})
EXPERIMENT = Experiment(
    paper="a", name="b", title="c", source="d", link="https://example.org", where="e", quantities=[TEST, TRAIN],
    rows=[GRID, Row(label="ERM", aug="erm")], settings=[FIRST, SECOND],
)  # fmt: skip
TABLES = {
    ("mixup(alpha=1)", TEST): np.array([[0.30], [0.32]]),
    ("mixup(alpha=1)", TRAIN): np.array([[0.10], [0.12]]),
    ("mixup(alpha=8)", TEST): np.array([[0.20], [0.24]]),
    ("mixup(alpha=8)", TRAIN): np.array([[0.80], [0.82]]),
}


def test_all_cells_of_a_row_are_of_the_model_with_the_least_first_quantity() -> None:
    place = Place((FIRST, SECOND), None, "", (GRID,))
    test, train = cells_of(EXPERIMENT, place, Measured(FIRST, TABLES), GRID)

    assert {test.spec, train.spec} == {"mixup(alpha=8)"}
    assert (test.mean, train.mean) == (0.22, 0.81)
    # The first of the settings that were made the same has no number of this row.
    assert (test.published, train.published) == ("6.40", None)


def test_numbers_have_the_papers_digits() -> None:
    place = Place((FIRST, SECOND), None, "", (GRID,))
    test, train = cells_of(EXPERIMENT, place, Measured(FIRST, TABLES), GRID)

    assert measured_text(test, Quantity(TEST, "error", 0.02)) == "22.00 ± 2.83"
    assert measured_text(train, Quantity(TRAIN, "error", 0.02)) == "81.0 ± 1.4"
