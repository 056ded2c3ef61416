"""What a board can tell: its panel, who moves whom, few seeds, missing cells, time."""

import html
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from boards import ROWS, content, copy_record, outcomes_of, write_board, write_record, write_rows

from mixbench.board.leaderboard import build
from mixbench.board.markdown import board_markdown
from mixbench.board.plain import json_text
from mixbench.board.read import read_board
from mixbench.board.regenerate import stray_files
from mixbench.board.words import moved
from mixbench.compare import critical
from mixbench.compare.versus.board_file import default
from mixbench.results.found import read_records
from mixbench.results.measures import HEADLINE
from mixbench.spec.errors import MixBenchError

CLEAN, ECE = "clean.top1_error", "calibration.ece"
SHIPPED = ("erm", "cutout", "gridmask", "random_erasing")


def shipped(folder, toml=True):
    """Four shipped methods at their defaults, all but the last on the list of the board file."""
    home = folder / "tiny"
    rng = np.random.default_rng(1)
    for place, name in enumerate(SHIPPED):
        for seed in range(3):
            values = {CLEAN: round(0.01 * (place + 1) + rng.integers(20) / 10_000, 4), ECE: 0.02 + seed / 1000}
            write_record(home / "records", content(default(name), seed, values), outcomes_of(values))
    if toml:
        (home / "board.toml").write_text("[panel]\n" + "".join(f"{name} = 1\n" for name in SHIPPED[:3]))
    return folder


def standing(folder):
    (group,) = read_board(folder).groups
    return group, {
        row.label: (row.net, {name: (cell.value, cell.low, cell.rank) for name, cell in row.cells.items()})
        for row in group.rows
    }


def test_the_columns_of_a_board_share_their_draws(tmp_path):
    (tmp_path / "digits" / "records").mkdir(parents=True)
    for path in Path("leaderboards", "digits", "records").glob("*.json"):
        copy_record(path, tmp_path / "digits" / "records")
    critical._variances.cache_clear()
    read_board(tmp_path)
    used = critical._variances.cache_info()
    assert used.hits > used.misses == used.currsize, "drawn anew for a later column"


def test_the_panel_is_what_the_board_file_lists_and_the_board_says_so(tmp_path):
    group, _ = standing(shipped(tmp_path))
    assert group.panel.labels == SHIPPED[:3]
    assert (group.panel.listed, group.panel.missing) == (True, ())
    assert {head.panel for name, head in group.columns.items() if name == CLEAN} == {3}
    assert "those that board.toml lists" in board_markdown(read_board(tmp_path))
    assert stray_files(tmp_path) == []
    unlisted, _ = standing(shipped(tmp_path / "other", toml=False))
    assert sorted(unlisted.panel.labels) == sorted(SHIPPED)


def test_a_board_that_is_to_get_its_first_records_is_no_stray(tmp_path):
    shipped(tmp_path)
    (tmp_path / "emoji").mkdir()
    assert stray_files(tmp_path) == [tmp_path / "emoji"]
    (tmp_path / "emoji" / "board.toml").write_text("[panel]\nerm = 1\nmixup = 1\n")
    assert stray_files(tmp_path) == []
    (tmp_path / "emoji" / "notes.txt").write_text("left")
    assert stray_files(tmp_path) == [tmp_path / "emoji"]


def test_what_is_listed_and_not_there_in_that_version_is_said(tmp_path):
    shipped(tmp_path)
    (tmp_path / "tiny" / "board.toml").write_text(
        "[panel]\nerm = 1\ncutout = 1\ngridmask = 7\ndropblock = '1, timm 9'\n"
    )
    group, _ = standing(tmp_path)
    assert (group.panel.labels, group.panel.missing) == (("erm", "cutout"), ("gridmask", "dropblock"))
    assert "not here in that version: gridmask, dropblock" in html.unescape(board_markdown(read_board(tmp_path)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[panel]\nerm = 1\ncutot = 1\n", "unknown method 'cutot'.*Did you mean 'cutout'"),
        ("[panel]\nerm = 1\n", "at least 2 items"),
        ("[panel]\nerm = 1.5\ncutout = 1\n", "panel.erm"),
        ("panels = 1\n", "unknown key"),
        ("[panel\n", "needed readable TOML"),
    ],
)
def test_a_board_file_is_read_strictly(tmp_path, text, reason):
    shipped(tmp_path)
    (tmp_path / "tiny" / "board.toml").write_text(text)
    with pytest.raises(MixBenchError, match=reason):
        read_board(tmp_path)


def test_forty_rows_of_junk_move_no_other_rows_rank_place_or_wins(tmp_path):
    before, cells = standing(shipped(tmp_path))
    rng = np.random.default_rng(2)
    junk = {
        f"mixup(alpha={place}.5)": {CLEAN: [round(x, 4) for x in rng.random(3) / 4], ECE: [0.2, 0.3, 0.1]}
        for place in range(40)
    }
    write_rows(tmp_path / "tiny" / "records", junk)
    after, now = standing(tmp_path)
    assert len(after.rows) == 44
    places = [row.label for row in after.rows if row.label in SHIPPED]
    assert places == [row.label for row in before.rows]
    for label in SHIPPED:
        assert now[label][0] == cells[label][0]
        assert {name: cell[:2] for name, cell in now[label][1].items()} == {
            name: cell[:2] for name, cell in cells[label][1].items()
        }
        # What is worse than it changes nothing; only a row that is better may stand before it.
        assert now[label][1][CLEAN][2] >= cells[label][1][CLEAN][2]
    assert {name: head.resolution for name, head in after.columns.items()} == {
        name: head.resolution for name, head in before.columns.items()
    }


def test_ranks_never_fall_as_the_mean_gets_worse(tmp_path):
    rng = np.random.default_rng(3)
    rows = {
        f"mixup(alpha={place}.5)": {CLEAN: [round(0.02 + x, 4) for x in rng.random() / 20 + rng.random(3) / 50]}
        for place in range(25)
    }
    write_rows(tmp_path, rows)
    (group,) = build(read_records(tmp_path)).groups
    cells = sorted((row.cells[CLEAN].value, row.cells[CLEAN].rank) for row in group.rows)
    ranks = [rank for _, rank in cells]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 3


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_and_two_seeds_have_the_test_draws_interval_and_no_rank(tmp_path, seeds):
    write_board(tmp_path)
    values = {CLEAN: 0.05, ECE: 0.02}
    for seed in range(seeds):
        write_record(tmp_path / "tiny" / "records", content("cutout", seed, values), outcomes_of(values))
    (group,) = read_board(tmp_path).groups
    (row,) = group.unranked
    cell = row.cells[CLEAN]
    assert (row.net, cell.rank, row.notes[0]) == (None, None, "fewer than three seeds from 0 on")
    half = 0.01 if seeds == 1 else 1.96 * np.sqrt(0.05 * 0.95 / 10_000)
    assert (cell.low, cell.high) == pytest.approx((0.05 - half, 0.05 + half), abs=1e-5)


def test_rows_of_unequal_seeds_are_ranked_together(tmp_path):
    write_board(tmp_path)
    for seed in range(6):
        values = {CLEAN: 0.05 + seed / 10_000, ECE: 0.02}
        write_record(tmp_path / "tiny" / "records", content("cutout", seed, values), outcomes_of(values))
    (group,) = read_board(tmp_path).groups
    found = {row.label: row for row in group.rows}
    assert found["cutout"].cells[CLEAN].rank == 4
    assert found["cutout"].seeds == tuple(range(6))
    assert found["erm"].net.wins >= 1


def test_a_board_that_gains_seeds_says_how_its_resolution_moved(tmp_path):
    """All of erm, cutout and gridmask have seven seeds but the last."""
    rng = np.random.default_rng(5)
    for place, (name, seeds) in enumerate(zip(SHIPPED[:3], (7, 7, 4), strict=True)):
        for seed in range(seeds):
            values = {CLEAN: round(0.02 * (place + 1) + rng.integers(50) / 10_000, 4), ECE: 0.02 + seed / 1000}
            write_record(tmp_path / "records", content(default(name), seed, values), outcomes_of(values))
    (group,) = read_board(tmp_path).groups
    head = group.columns[CLEAN]
    assert head.at_three > head.resolution > head.finest
    assert group.panel.seeds == (4, 7)
    said = f"{CLEAN} {100 * head.at_three:.1f} → {100 * head.finest:.1f}"
    assert f"rows of 7 against rows of 4: {said}" in moved(group)
    assert said.replace("_", "&#95;") in board_markdown(read_board(tmp_path)) or said in board_markdown(
        read_board(tmp_path)
    )


def test_a_board_of_three_seeds_a_row_has_nothing_to_say_of_it(tmp_path):
    (group,) = read_board(write_board(tmp_path)).groups
    assert moved(group) == ""


def test_a_missing_cell_is_said_and_costs_only_the_wins(tmp_path):
    write_board(tmp_path)
    for seed in range(3):
        values = {CLEAN: 0.001}
        made = content("cutout", seed, values, only=[CLEAN])
        write_record(tmp_path / "tiny" / "records", made, outcomes_of(values))
    (group,) = read_board(tmp_path).groups
    row = group.rows[-1]
    assert (row.label, row.net, row.cells[CLEAN].rank) == ("cutout", None, 1)
    assert row.notes == (f"it lacks {', '.join(name for name in HEADLINE if name != CLEAN)}",)


def test_outcomes_that_do_not_give_the_readings_are_compared_with_nothing(tmp_path):
    write_board(tmp_path)
    for seed in range(3):
        made = content("cutout", seed, {CLEAN: 0.001, ECE: 0.01})
        write_record(tmp_path / "tiny" / "records", made, outcomes_of({CLEAN: 0.5, ECE: 0.3}))
    (group,) = read_board(tmp_path).groups
    row = group.rows[-1]
    assert row.cells[CLEAN].value == 0.001
    assert (row.cells[CLEAN].rank, row.net) == (None, None)
    assert "its outcomes do not give its readings" in row.notes[0]


def test_a_measure_that_records_are_older_than_is_read_off_their_outcomes(tmp_path):
    for name, each in ROWS.items():
        for seed in range(3):
            values = {measure: numbers[seed] for measure, numbers in each.items()}
            made = content(name, seed, values)
            del made["readings"][CLEAN]
            write_record(tmp_path / "tiny" / "records", made, outcomes_of(values))
    (group,) = read_board(tmp_path).groups
    found = {row.label: row.cells[CLEAN] for row in group.rows}
    assert found["erm"].value == pytest.approx(0.021)
    assert {label: cell.rank for label, cell in found.items()} == {"mixup": 1, "cutmix": 1, "erm": 3}


def test_measures_that_are_not_asked_for_are_not_computed(tmp_path):
    write_board(tmp_path)
    (group,) = read_board(tmp_path, measures=["calibration.nll"]).groups
    assert set(group.columns) == {*HEADLINE, "calibration.nll"}


def test_json_is_the_same_wherever_and_says_every_column(tmp_path):
    one, two = (json.loads(json_text(read_board(write_board(tmp_path / name)))) for name in ("one", "two"))
    assert one == two
    assert {head["measure"] for head in one["groups"][0]["columns"]} == set(one["groups"][0]["rows"][0]["measures"])


def test_a_thousand_records_make_a_table_in_little_work_without_torch(tmp_path):
    rng = np.random.default_rng(4)
    for place in range(334):
        for seed, error in enumerate(rng.integers(20, 110, size=3)):
            values = {CLEAN: error / 1000, ECE: 0.2 + seed / 100}
            write_record(tmp_path, content(f"mixup(alpha={place}.5)", seed, values), outcomes_of(values, n=1000))
    code = (
        "import sys, time; from mixbench.cli import main;"
        f"code = main(['leaderboard', '--board', {str(tmp_path)!r}]);"
        "sys.stderr.write(f'{time.process_time()} {\"torch\" in sys.modules}'); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    seconds, torch = done.stderr.split()
    # It takes two; a slow or busy machine's are longer, and work that grows with the square takes minutes.
    assert (float(seconds) < 20, torch) == (True, "False")
    assert done.stdout.count("mixup(") == 334
