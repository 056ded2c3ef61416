"""Claims of both signs are found where they are planted, and none where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from mixbench.papers.bench import Measured
from mixbench.papers.experiment import Claim, Experiment, Row, Setting
from mixbench.papers.quantity import Quantity
from mixbench.papers.settings import Place
from mixbench.papers.verdict import Ruling, Verdict, judge
from mixbench.spec.suite import load_suite

ERROR = "clean.top1_error"
SEEDS, EXAMPLES = 5, 400


def claim(direction: str = "lower", row: str = "mixup") -> Claim:
    return Claim.model_validate(
        {"says": "so", "where": "§1", "quantity": ERROR, "row": row, "than": "ERM", "direction": direction}
    )


def experiment(*claims: Claim) -> Experiment:
    return Experiment(
        paper="a", name="b", title="c", source="d", link="https://example.org", where="e", quantities=[ERROR],
        rows=[Row(label="ERM", aug="erm"), Row(label="mixup", aug="mixup"), Row(label="CutMix", aug="cutmix")],
        settings=[Setting(title="here", suite="digits")], claims=list(claims),
    )  # fmt: skip


def table(error: float, rng: np.random.Generator, spread: float = 0.01) -> np.ndarray:
    """Errors by seed and example, of seeds that differ by about `spread`."""
    rates = np.clip(error + spread * rng.standard_normal(SEEDS), 0, 1)
    return (rng.random((SEEDS, EXAMPLES)) < rates[:, None]).astype(np.float64)


def judged(made: Experiment, errors: dict[str, float], seed: int = 0) -> list[Verdict]:
    rng = np.random.default_rng(seed)
    suite = load_suite("digits")
    place = Place((made.settings[0],), suite, suite.backbone, tuple(made.rows))
    tables = {(spec, ERROR): table(error, rng) for spec, error in errors.items()}
    known = {ERROR: Quantity(ERROR, "error", 0.02)}
    return judge(made, [place], [Measured(made.settings[0], tables, known)])


@pytest.mark.parametrize(
    ("direction", "error", "ruling"),
    [
        ("lower", 0.1, Ruling.SUPPORTED),
        ("lower", 0.5, Ruling.CONTRADICTED),
        ("higher", 0.5, Ruling.SUPPORTED),
        ("higher", 0.1, Ruling.CONTRADICTED),
        ("not lower", 0.1, Ruling.CONTRADICTED),
        ("not lower", 0.5, Ruling.SUPPORTED),
        ("not higher", 0.1, Ruling.SUPPORTED),
        ("not higher", 0.5, Ruling.CONTRADICTED),
        ("same", 0.1, Ruling.CONTRADICTED),
        ("same", 0.5, Ruling.CONTRADICTED),
    ],
)
def test_a_planted_difference_is_found_with_its_sign(direction: str, error: float, ruling: Ruling) -> None:
    (verdict,) = judged(experiment(claim(direction)), {"erm": 0.3, "mixup": error})

    assert verdict.ruling is ruling
    assert verdict.difference is not None
    difference, low, high = verdict.difference
    assert np.sign(difference) == np.sign(error - 0.3)
    assert low is not None
    assert high is not None
    assert low < error - 0.3 < high


def test_equal_rows_are_no_difference_and_support_that_there_is_none() -> None:
    rng = np.random.default_rng(0)
    alike = table(0.3, rng, 0.0)
    made = experiment(claim("lower"), claim("not lower"), claim("not higher"), claim("same"))
    suite = load_suite("digits")
    place = Place((made.settings[0],), suite, suite.backbone, tuple(made.rows))
    flips = (rng.random(alike.shape) < 0.01).astype(np.float64)
    tables = {("erm", ERROR): alike, ("mixup", ERROR): np.abs(alike - flips)}
    known = {ERROR: Quantity(ERROR, "error", 0.05)}

    first, *others = judge(made, [place], [Measured(made.settings[0], tables, known)])

    assert first.ruling is Ruling.NO_DIFFERENCE
    assert [each.ruling for each in others] == [Ruling.SUPPORTED] * 3


def test_where_nothing_differs_few_claims_are_said_to_hold_or_not() -> None:
    made = experiment(claim(), claim(row="CutMix"))
    told = [
        any(each.ruling in (Ruling.SUPPORTED, Ruling.CONTRADICTED) for each in judged(made, errors, seed))
        for seed in range(200)
        if (errors := {"erm": 0.3, "mixup": 0.3, "cutmix": 0.3})
    ]

    # At 5 % for both claims together, 3 standard errors of 200 boards are 4.6 points.
    assert np.mean(told) <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5


def test_what_was_not_run_is_not_judged() -> None:
    (verdict,) = judged(experiment(claim()), {"erm": 0.3})

    assert verdict.ruling is Ruling.NOT_RUN
    assert verdict.difference is None


def test_a_relative_tolerance_is_a_share_of_the_other_rows_value() -> None:
    quantity = Quantity("between.gradient_norm", "gradient norm", 0.2, fraction=False, relative=True)

    assert quantity.allowed(-7.0) == pytest.approx(1.4)
    assert Quantity(ERROR, "error", 0.02).allowed(0.3) == 0.02
