"""The page's comparison of two rows is that of `mixbench compare`, on records of the shipped board."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from boards import copy_record

from mixbench.board.page.pairs import pairs_of
from mixbench.board.read import read_board
from mixbench.compare.versus.call import Places, compared
from mixbench.compare.versus.entries import COMPARED
from mixbench.results.measures import HEADLINE

SHIPPED = Path(__file__).parents[2] / "leaderboards" / "digits"
ROWS = {"erm": "erm", "mixup": "mixup", "cutmix": "cutmix", "mixup-alpha-8.0": "mixup(alpha=8.0)"}


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board of four methods of `digits`, three of which are the panel."""
    home = tmp_path_factory.mktemp("board") / "digits"
    (home / "records").mkdir(parents=True)
    shutil.copy(SHIPPED / "board.toml", home)
    for name in ROWS:
        for path in (SHIPPED / "records").glob(f"digits-test_resnet-{name}-seed*.json"):
            copy_record(path, home / "records")
    return home


def test_the_page_and_the_command_agree_in_every_measure(board):
    (group,) = read_board(board).groups
    labels = [row.label for row in group.all_rows]
    assert sorted(labels) == sorted(ROWS.values())
    on_page = pairs_of(group)
    assert len(on_page) == 6
    for places, pairs in list(on_page.items())[1:6:2]:
        words = labels[places.later], labels[places.earlier]
        entries = {entry.measure.name: entry.pair for entry in compared(words, Places(board, None), "digits")}
        assert set(entries) == set(pairs)
        assert {*HEADLINE, "calibration.gap", "clean.worst_class_error"} <= set(pairs) <= set(COMPARED)
        for name, pair in entries.items():
            mine = pairs[name]
            assert (mine.verdict, mine.more_seeds, mine.seeds) == (pair.verdict, pair.more_seeds, pair.seeds), name
            for number in ("difference", "low", "high", "p", "p_holm"):
                one, other = getattr(mine, number), getattr(pair, number)
                assert one == other or one == pytest.approx(other, rel=1e-9, abs=1e-12), name


def test_the_verdict_is_turned_where_the_two_are(board):
    turned = {"better": "worse", "worse": "better", "same": "same", "undecided": "undecided"}
    there, back = (
        {entry.measure.name: entry.pair for entry in compared(each, Places(board, None), "digits")}
        for each in (("mixup", "erm"), ("erm", "mixup"))
    )
    assert {name: turned[pair.verdict] for name, pair in there.items()} == {
        name: pair.verdict.value for name, pair in back.items()
    }
    assert there["calibration.gap"].difference == pytest.approx(-back["calibration.gap"].difference)
