"""The board in the terminal and for machines."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from boards import content, write_board, write_record, write_rows
from rich.console import Console

from mixbench.board.choose import sort_by
from mixbench.board.leaderboard import FIRST, frame
from mixbench.board.plain import csv_text, json_text
from mixbench.board.published import COLUMNS
from mixbench.board.read import read_board
from mixbench.board.table import board_tables
from mixbench.board.words import number
from mixbench.results.found import Status
from mixbench.results.measures import HEADLINE


def drawn(board, measures=(), width=110, explain=False):
    """Draw the headline measures, whatever else a board shows first."""
    there = {name for group in board.groups for row in group.rows for name in row.cells}
    screen = Console(file=io.StringIO(), width=width, color_system=None)
    for part in board_tables(board, measures or [name for name in HEADLINE if name in there], width, explain):
        screen.print(part)
    return screen.file.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = write_board(tmp_path_factory.mktemp("table"))
    flagged = content("-e.py:[bold]:x:(a=1)", 0, flags=["masking: [red]it lies\x1b[31m"], only=["clean.top1_error"])
    write_record(folder / "tiny" / "records", flagged)
    (folder / "published").mkdir()
    row = "a paper,Table 1,digits,ResNet,[bold]mixup:x:,200 epochs,clean.top1_error,4.2,best epoch"
    (folder / "published" / "papers.csv").write_text("\n".join([",".join(COLUMNS), row, row.replace("clean", "pgd")]))
    return folder


def line_of(text, start):
    return next(line for line in text.splitlines() if line.startswith(start)).split()


def test_a_row_has_its_seeds_wins_means_ranks_and_stars(folder):
    text = drawn(read_board(folder))
    words = line_of(text, "mixup")
    assert (words[1], words[3]) == ("3", "1.1*¹")
    assert re.fullmatch(r"\d/\d", words[2])
    assert line_of(text, "erm")[3] == "2.1³"
    assert max(map(len, text.splitlines())) <= 110


def test_the_head_says_what_each_column_can_tell(folder):
    text = drawn(read_board(folder))
    resolution, seeds, floor = (line_of(text, start) for start in ("resolution", "seeds for 1 pt", "floor"))
    assert 0 < float(resolution[1]) < 1
    assert seeds[4] == "2"
    assert floor[1:3] == ["0.2", "–"]


def test_notes_are_two_lines_until_more_is_asked_for(folder):
    text = drawn(read_board(folder))
    assert "Sorted by wins less losses against 3 panel rows in 2 measures." in text
    assert " The last rows lack seeds 0, 1, 2: not ranked." in text
    below = text.split("Sorted by")[1].strip().splitlines()
    assert len(below) == 2
    assert below[1].endswith("--explain")
    explained = " ".join(drawn(read_board(folder), explain=True).split())
    assert "erm: " not in explained
    assert "-e.py:[bold]:x:(a=1)°: fewer than three seeds from 0 on; its outcomes are not there" in explained


@pytest.mark.parametrize(
    ("others", "said"), [(2, "are not ranked."), (1, "are not ranked, some for want of seeds 0, 1, 2.")]
)
def test_a_mark_says_already_why_weights_from_elsewhere_have_no_rank(folder, others, said):
    board = read_board(folder)
    few = board.groups[0].unranked[0]
    rows = [replace(few, status=Status.EXTERNAL) if place < others else few for place in range(2)]
    shown = drawn(replace(board, groups=(replace(board.groups[0], unranked=tuple(rows)),)))
    assert f"The last rows {said}" in " ".join(shown.split())


def test_rows_sorted_by_a_measure_are_joined_by_bars_where_they_are_not_told_apart(folder):
    text = drawn(sort_by(read_board(folder), "clean.top1_error"), ["clean.top1_error"])
    assert "Sorted by clean.top1_error, best first." in text
    lines = {start: line_of(text, start) for start in ("mixup", "cutmix", "erm")}
    assert {lines["mixup"][3], lines["cutmix"][3]} == {"╷", "╵"}
    assert "╷" not in lines["erm"]


def test_strangers_text_is_neither_markup_nor_control(folder):
    text = drawn(read_board(folder), explain=True)
    assert "-e.py:[bold]:x:(a=1)° " in text
    assert "masking: [red]it lies\\x1b[31m" in text
    assert "\x1b" not in text


def test_published_rows_stand_below_with_their_source(folder):
    text = drawn(read_board(folder), explain=True)
    below = text.split("Published, not measured here and not ranked")[1]
    assert "[bold]mixup:x:" in below
    assert "a paper, Table 1" in " ".join(below.split())
    assert "1 more by --format markdown or json" in below


def test_forty_methods_keep_to_the_width(tmp_path):
    rows = {f"mixup(alpha={place}.5)+label_smoothing(epsilon=0.2)": {"clean.top1_error": [0.1]} for place in range(41)}
    write_rows(tmp_path, rows)
    text = drawn(read_board(tmp_path))
    assert max(map(len, text.splitlines())) <= 110
    assert text.count("mixup(alpha=") == 41


@pytest.mark.parametrize(("width", "tables"), [(44, 4), (60, 2), (80, 1), (110, 1), (200, 1)])
def test_no_number_and_no_name_is_cut_at_any_width(folder, width, tables):
    text = drawn(read_board(folder), width=width)
    above = text.split("Sorted by")[0]
    assert "…" not in above
    assert max(map(len, above.splitlines())) <= width
    assert {"1.1*¹", "11.0³"} <= set(above.split())
    assert above.count("\nmixup ") == above.count("\nmethod ") == tables


@pytest.mark.parametrize(
    ("measure", "value", "shown"),
    [("clean.top1_error", 0.12345, "12.3"), ("clean.top1_error", -0.0001, "0.0"), ("calibration.nll", 0.0405, "0.041")],
)
def test_fractions_are_percent_and_nothing_is_below_nought_by_rounding(measure, value, shown):
    assert number(measure, value) == shown


def test_without_three_seeds_no_order_is_made_up(tmp_path):
    write_record(tmp_path, content("erm", 0))
    assert "Sorted by name: no two rows have three seeds" in " ".join(drawn(read_board(tmp_path)).split())


def test_csv_is_the_frame(folder):
    board = read_board(folder)
    rows = list(csv.DictReader(io.StringIO(csv_text(board.groups))))
    table = frame(board)
    assert list(rows[0]) == list(table.columns)
    for row, (_, expected) in zip(rows, table.iterrows(), strict=True):
        assert row["status"] == expected["status"]
        for name in table.columns.drop(["suite", "suite_digest", "augmentation", "backbone", "status"]):
            assert (row[name] == "") == bool(expected[name] != expected[name])
            assert row[name] == "" or float(row[name]) == expected[name]


def test_csv_gives_a_spreadsheet_no_formula_and_only_the_measures_asked_for(folder):
    rows = list(csv.reader(io.StringIO(csv_text(read_board(folder).groups, ["clean.top1_error"]))))
    bounds = ["clean.top1_error.low", "clean.top1_error.high"]
    assert rows[0] == [*FIRST, "clean.top1_error", *bounds]
    assert "'-e.py:[bold]:x:(a=1)" in {row[4] for row in rows}


def test_rows_of_several_versions_say_which_for_machines(tmp_path):
    for seed, version in enumerate((1, "=1, timm 1.0.31")):
        write_record(tmp_path, content("erm", seed, method_versions={"=erm": version}))
    board = read_board(tmp_path)
    (group,) = json.loads(json_text(board))["groups"]
    assert [set(row["method_versions"]) for row in group["rows"]] == [{"=erm"}, {"=erm"}]
    (tmp_path / "one").mkdir()
    write_record(tmp_path / "one", content("erm", 0))
    (group,) = json.loads(json_text(read_board(tmp_path / "one")))["groups"]
    assert "method_versions" not in group["rows"][0]


def test_json_has_groups_columns_rows_and_cells(folder):
    board = json.loads(json_text(sort_by(read_board(folder), "calibration.ece")))
    (group,) = board["groups"]
    first, last = group["rows"][0], group["rows"][-1]
    assert (group["suite"], group["suite_version"], len(group["suite_digest"])) == ("tiny", 1, 64)
    assert (first["label"], first["seeds"], len(first["records"])) == ("erm", [0, 1, 2], 3)
    assert set(first["measures"]["calibration.ece"]) == {"value", "low", "high", "n", "rank", "best"}
    assert (last["contributed"], list(last["measures"])) == (True, ["clean.top1_error"])
    assert [row["source"] for row in board["published"]] == ["a paper", "a paper"]
    assert group["order"] == {"sorted_by": "calibration.ece", "measures": ["clean.top1_error", "calibration.ece"]}
    head = next(each for each in group["columns"] if each["measure"] == "clean.top1_error")
    assert 0 < head["floor"] < head["resolution"] < 0.01
    assert (head["seeds_for_unit"], head["panel"], head["bands"]) == (2, 3, [["cutmix", "mixup"]])
    assert (first["wins"] + first["losses"] > 0, first["status"]) == (True, "verified")
    assert (last["wins"], last["notes"][0]) == (None, "fewer than three seeds from 0 on")
