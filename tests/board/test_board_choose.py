"""Filters, orders and measures of a board."""

import re
from dataclasses import replace

import pytest
from boards import content, write_board, write_record

from mixbench.board.choose import by_prefix, choose, measures_of, sort_by
from mixbench.board.markdown import board_markdown
from mixbench.board.read import read_board
from mixbench.board.submitted import rows_markdown, rows_text
from mixbench.results.measures import BY_NAME, HEADLINE
from mixbench.spec.errors import MixBenchError


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = write_board(tmp_path_factory.mktemp("choose"))
    write_record(folder / "tiny" / "records", content("erm", 0, version=2))
    write_record(folder / "tiny" / "records", content("erm", 0, backbone="resnet18"))
    return read_board(folder)


def shape(board):
    return [(group.suite_version, group.backbone, len(group.all_rows)) for group in board.groups]


def test_suites_versions_and_backbones_are_picked_by_name(board):
    assert shape(choose(board, "tiny")) == shape(board) == [
        (2, "test_resnet", 1), (1, "resnet18", 1), (1, "test_resnet", 3)
    ]  # fmt: skip
    assert shape(choose(board, "tiny@2")) == [(2, "test_resnet", 1)]
    assert shape(choose(board, backbones=["resnet18"])) == [(1, "resnet18", 1)]


def test_families_are_picked_and_ranks_stay_those_among_all(board):
    (group,) = choose(board, "tiny@1", ["test_resnet"], ["baseline"]).groups
    (row,) = group.rows
    assert (row.label, row.cells["clean.top1_error"].rank) == ("erm", 3)
    assert {row.net for row in choose(board, "tiny@1").groups[1].rows} > {row.net}


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ({"suite": "tinny"}, "unknown suite 'tinny'.*Did you mean 'tiny'"),
        ({"backbones": ["resnet19"]}, "Did you mean 'resnet18'"),
        ({"families": ["mixin"]}, "Did you mean 'mixing'"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(board, named, reason):
    with pytest.raises(MixBenchError, match=reason):
        choose(board, **named)


def test_measures_are_the_headlines_or_what_is_asked_for(board):
    assert measures_of(board.groups) == HEADLINE
    assert measures_of(board.groups, ["calibration.ece", "clean"]) == (
        "calibration.ece", "clean.top1_error", "clean.top5_error",
    )  # fmt: skip
    there = {name for group in board.groups for row in group.all_rows for name in row.cells}
    assert measures_of(board.groups, ["all"]) == tuple(name for name in BY_NAME if name in there)
    with pytest.raises(MixBenchError, match=r"Did you mean 'calibration\.ece'"):
        measures_of(board.groups, ["calibration.eec"])


def test_a_measure_more_is_a_column_more_and_changes_no_order(tmp_path, monkeypatch):
    before = board_markdown(read_board(write_board(tmp_path / "before") / "tiny"))
    monkeypatch.setattr("mixbench.board.choose.AT_FIRST", (*HEADLINE, "calibration.nll"))
    after = board_markdown(read_board(write_board(tmp_path / "after") / "tiny"))
    said = [page.split("### Headline measures")[1].split("### clean")[0] for page in (before, after)]
    assert ["`calibration.nll` ↓" in table for table in said] == [False, True]
    wins = [re.findall(r"^\| `(\w+)` \| 3 \| (\d+/\d+) ", table, re.MULTILINE) for table in said]
    assert wins[0] == wins[1]
    assert len(wins[0]) == 3


def test_rows_are_sorted_by_a_measure_best_first_and_missing_last(board):
    (group,) = choose(board, "tiny@1", ["test_resnet"]).groups
    assert [row.label for row in sort_by(board, "calibration.ece").groups[2].rows] == ["erm", "cutmix", "mixup"]
    assert [row.label for row in sort_by(board, "clean.top1_error").groups[2].rows][2] == "erm"
    lacking = next(row for row in group.rows if row.label == "erm")
    del lacking.cells["calibration.ece"]
    assert [row.label for row in sort_by(board, "calibration.ece").groups[2].rows] == ["cutmix", "mixup", "erm"]
    with pytest.raises(MixBenchError, match="unknown measure"):
        sort_by(board, "ece")


def test_the_least_memorised_comes_first(board):
    name = "noise50.train_error_corrupted"
    rows = sort_by(choose(board, "tiny@1", ["test_resnet"]), name).groups[0].rows
    assert len(rows) == 3
    for share, row in zip((0.2, 0.9, 0.5), rows, strict=True):
        row.cells[name] = replace(row.cells[name], value=share)
    (group,) = sort_by(choose(board, "tiny@1", ["test_resnet"]), name).groups
    assert [row.cells[name].value for row in group.rows] == [0.9, 0.5, 0.2]


def test_the_rows_of_some_records_are_all_that_is_printed(tmp_path):
    records = sorted((write_board(tmp_path) / "tiny" / "records").glob("*mixup*.json"))
    for said in (rows_text(records), rows_markdown(records)):
        assert "mixup" in said
        assert "erm" not in said.replace("surrogate", "")


def test_measures_share_a_table_by_their_prefix():
    assert by_prefix(["calibration.ece", "clean.top1_error", "fgsm.white.top1_error", "fgsm.white.top5_error"]) == {
        "clean": ["clean.top1_error"],
        "fgsm.white": ["fgsm.white.top1_error", "fgsm.white.top5_error"],
        "calibration": ["calibration.ece"],
    }
