"""Which rows of a board the variances of a comparison come from."""

import json

import numpy as np
import pytest
from drawn import errors, outcomes, ranks, write_drawn, write_methods
from tiny import load_suite, suite_path

from mixbench.augment.build import augmentation, versions
from mixbench.compare import board_prior, components
from mixbench.compare.versus.evidence import Evidence
from mixbench.compare.versus.panel import panel_of
from mixbench.compare.versus.scope import Scope
from mixbench.compare.versus.sides import find
from mixbench.results.measures import HEADLINE
from mixbench.spec.errors import MixBenchError

SHARES = {"erm": 0.1, "mixup": 0.2, "cutout": 0.15, "mixup(alpha=8)": 0.9}


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")
    write_methods(folder / "tiny" / "records", suite_path(), SHARES, seeds=4)
    write_methods(folder / "tiny" / "claims", suite_path(), {"cutmix": 0.5}, seeds=4)
    write_drawn(folder / "tiny" / "records", suite_path(), "augmix", 0, outcomes())
    return folder


def panel(board, **changes):
    scope = Scope.planned(load_suite(suite_path()), changes.pop("backbone", None))
    return panel_of(find(board, None), scope, changes.pop("evidence", Evidence()))


def drawn(*places):
    rows = list(SHARES.values())
    return [
        np.stack([errors(np.random.default_rng([0, at, seed]), rows[at]) * 1.0 for seed in range(4)]) for at in places
    ]


def test_verified_methods_at_their_defaults_with_three_seeds(board):
    found = panel(board).components("clean.top1_error")
    expected = components(drawn(2, 0, 1))
    assert sorted(found.means) == pytest.approx(sorted(expected.means))
    assert (found.seed, found.example, found.seeds) == (
        pytest.approx(expected.seed), pytest.approx(expected.example), (4, 4, 4)
    )  # fmt: skip
    spread = panel(board).spread("clean.top1_error", 360)
    assert spread.seed == pytest.approx(expected.seed)
    made = panel(board)
    assert made.prior == board_prior([each for name in HEADLINE if (each := made.components(name))])


def test_a_board_file_says_which(board):
    path = board / "tiny" / "board.toml"
    version = versions(augmentation("cutout"))["cutout"]
    path.write_text(f"[panel]\nerm = 1\ncutout = {version}\n")
    try:
        found = panel(board).components("clean.top1_error")
        assert sorted(found.means) == pytest.approx(sorted(components(drawn(0, 2)).means))
        path.write_text("[panel]\nerm = 1\nnone = 1\n")
        with pytest.raises(MixBenchError, match="unknown method"):
            panel(board)
    finally:
        path.unlink()


def test_other_backbones_and_other_examples_say_nothing(board, tmp_path):
    assert panel(board, backbone="resnet18").rows == ()
    evidence = Evidence()
    other = write_drawn(tmp_path, suite_path(), "erm", 0, outcomes(labels=np.zeros(360, dtype=np.uint16)))
    evidence.of(find(None, other.parent)[0])
    assert panel(board, evidence=evidence).rows == ()


def test_a_pair_takes_the_panels_variance_in_proportion(board, mixbench, tmp_path):
    runs = tmp_path / "runs"
    for aug, wrong in (("mixup(alpha=2)", 36), ("mixup(alpha=3)", 72)):
        # Every seed the same, so that these two have no variance of their own.
        for seed in range(3):
            write_drawn(runs, suite_path(), aug, seed, outcomes(clean__rank=ranks(np.arange(360) < wrong)))
    words = ("mixup(alpha=2)", "mixup(alpha=3)", "--suite", suite_path(), "--runs", runs, "--json")
    alone = mixbench("compare", *words)
    among = mixbench("compare", *words, "--board", board)
    first, second = (
        next(each for each in json.loads(said.out) if each["measure"] == "clean.top1_error") for said in (alone, among)
    )
    made = panel(board)
    weight = min(made.prior, made.components("clean.top1_error").freedom)
    unit = 2 * made.components("clean.top1_error").seed / 360
    seed = weight * unit / (weight + 2) / 3
    profile = (np.arange(360) < 36) * 1.0 - (np.arange(360) < 72)
    floor = profile.var(ddof=1) / 360
    width = (second["high"] - second["low"]) / (first["high"] - first["low"])
    assert width == pytest.approx((1 + seed / floor) ** 0.5, rel=0.02)
