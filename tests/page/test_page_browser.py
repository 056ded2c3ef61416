"""The page in a real Chromium: what people do with it works, and nothing that a stranger wrote runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pages import (
    CLAIMED,
    CLEAN,
    CUTMIX,
    ECE,
    FLAG,
    MIXUP,
    OWN,
    SHOUTS,
    crowded_board,
    hostile_board,
    many_rows,
    two_suites,
    visited_board,
)

from mixbench.board.page.page import page_files
from mixbench.board.rows import Board, Row
from mixbench.results.measures import MEASURES

HERE = Path(__file__).parent
SECONDS = 600


def browser() -> str:
    """Return Chromium's path; skip, or fail where MIXBENCH_BROWSER=required says so, where a part is missing."""
    chromium = os.environ.get("MIXBENCH_CHROMIUM") or shutil.which("chromium")
    parts = {
        "Debian's chromium (apt-get install chromium)": chromium,
        "node": shutil.which("node"),
        "playwright-core (npm ci --prefix tests/page)": (HERE / "node_modules" / "playwright-core").is_dir(),
    }
    if missing := [part for part, there in parts.items() if not there]:
        say = pytest.fail if os.environ.get("MIXBENCH_BROWSER") == "required" else pytest.skip
        say(f"the browser tests need {' and '.join(missing)}")
    return str(chromium)


def drive(scenario: str, board: Board, folder: Path, *words: str) -> dict[str, Any]:
    """Write the page of a board and return what a scenario of scenarios.mjs saw on it."""
    chromium = browser()
    for name, content in page_files(board).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    command = ["node", HERE / "drive.mjs", chromium, scenario, folder, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["complaints"] == []
    assert seen["elsewhere"] == []
    return seen


def test_visitors_sort_filter_open_and_compare(tmp_path: Path) -> None:
    """Means and differences are worked out by hand from ROWS; intervals, ranks and resolution are the board's."""
    board = visited_board(tmp_path)
    group = board.groups[1]
    seen = drive("visit", board, tmp_path)

    assert seen["heads"][:4] == ["compare", "method", "wins/losses", "seeds"]
    assert "Clean top-1 error % ↓" in seen["heads"]
    low, high = (f"{100 * getattr(group.rows[0].cells[CLEAN], end):.1f}" for end in ("low", "high"))
    assert seen["cell"]["seen"][:3] == ["4/2+2 to +2", "3", f"2.1{low}–{high}3"]
    assert seen["cell"]["read"][2] == f"2.1, 95 % interval {low} to {high}, rank 3"
    head = group.columns[CLEAN]
    assert (head.resolution, head.floor) == (pytest.approx(0.0033, abs=1e-4), pytest.approx(0.0019, abs=1e-4))
    assert seen["resolution"][2] == f"±\u202f0.31 pt: {head.seeds_for_unit} seedsfloor 0.2"
    claimed = "Claimed: consistent, nobody has run it again. Not ranked."
    few = "Fewer than three seeds from 0 on. Not ranked."
    assert seen["sections"] == ["erm", CUTMIX, MIXUP, claimed, CLAIMED, few, OWN]
    said = "Sorted by wins less losses against 3 panel rows in 3 headline measures."
    assert seen["count"] == f"5 of 5 methods. {said}"

    order = ["erm", CUTMIX, MIXUP, CLAIMED, OWN]
    by_clean = [MIXUP, CUTMIX, "erm", CLAIMED, OWN]
    assert seen["sorting"] == {
        "first": order,
        "up": by_clean,
        "ties": [1, 1, 0, 0, 0],
        "down": ["erm", CUTMIX, MIXUP, CLAIMED, OWN],
        "back": order,
        "missing": [["erm", CUTMIX, MIXUP, CLAIMED, OWN], [MIXUP, CUTMIX, "erm", CLAIMED, OWN]],
        "end": order,
    }
    assert seen["filtering"] == {
        "found": [[CUTMIX, MIXUP, CLAIMED], f"3 of 5 methods. {said}"],
        "Hongyi Zhang": [MIXUP, CLAIMED],
        "1710.09412": [MIXUP, CLAIMED],
        "zhang 2018 nothing": [],
        "family": [OWN],
    }
    assert seen["choosing"] == {"added": ["FGSM, white box top-1 error % ↓"], "gone": ["Calibration ECE % ↓"]}

    row = seen["row"]
    assert row["title"] == "erm"
    assert row["flags"] == [f"{FLAG} (2 of 3 seeds)"]
    assert row["clean"] == ["Clean top-1 error %", "2.1", f"{low}–{high}", "3", "2.0", "2.1", "2.2"]
    assert row["records"] == 3
    assert row["digests"] == [each.record.digest for each in group.rows[0].records]
    assert row["curves"] == len(group.rows[0].records[0].record.curves)
    assert row["open"] == 0
    assert row["steps"] == 0

    assert seen["keyboard"] == {
        "tab": "erm",
        "arrow": CUTMIX,
        "opened": CUTMIX,
        "after": CUTMIX,
        "button": "Compare: tick one more",
        "enabled": True,
        "tabbed": "tab-order",
    }
    comparing = seen["comparing"]
    said = "Ticked, but hidden by the filter: "
    assert comparing["hidden"] == [
        ["", False, True],
        [f"{said}{MIXUP}", True, True],
        [f"{said}erm and {MIXUP}", True, True],
        ["", False, True],
    ]
    assert comparing["left"] == ["Compare: tick one more", 1, False]
    assert comparing["clean"][:5] == ["Clean top-1 error %", f"{MIXUP} better", "2.1", "1.1", "+1.0"]
    assert comparing["ece"][:5] == ["Calibration ECE %", "erm better", "2.2", "11.0", "−8.8"]
    assert comparing["said"] == (
        f"Of 3 headline measures, erm is better in 2, {MIXUP} in 1, they are the same in 0, and 0 undecided."
    )
    assert comparing["other"][:4] == ["measure", "verdict", "erm", CUTMIX]
    assert comparing["untested"].startswith("No paired test here")
    assert f"{CLAIMED}: claimed: consistent, nobody has run it again" in comparing["untested"]

    scatter = seen["scatter"]
    assert scatter["titles"] == ["Calibration: ECE (%) ↓", "Clean: top-1 error (%) ↓"]
    assert scatter["points"] == 4  # the fifth method has no ECE
    assert scatter["bars"] == 8
    assert len(scatter["names"]) == 4
    assert scatter["opened"] in order
    tips = [tip(each) for each in group.all_rows if ECE in each.cells]
    assert scatter["keys"] == [tips[0], tips[1], tips[-1], CLAIMED, tips[-1]]

    rest = seen["rest"]
    assert rest["order"] == [["erm", "4/2"], [CUTMIX[:29] + "…", "3/2"], [MIXUP, "1/4"]]
    assert rest["published"][:3] == ["erm", "Clean: top-1 error", "23.5 %"]
    assert rest["measures"] == len(MEASURES)
    assert rest["suites"] == ["tiny v2 · battery 1", "tiny v1 · battery 1"]
    assert rest["older"] == [[MIXUP], ["test_resnet"], False]

    assert seen["dark"]["asked"] != seen["light"] == seen["dark"]["toggled"]
    assert seen["dark"]["pressed"] == "true"
    assert {view: width for view, width in seen["phone"].items() if width > 390} == {}


def tip(row: Row) -> str:
    """Write what a point of the scatter says."""
    lines = []
    for name, title in ((CLEAN, "Clean: top-1 error"), (ECE, "Calibration: ECE")):
        cell = row.cells[name]
        assert cell.low is not None
        assert cell.high is not None
        lines.append(f"{title} {100 * cell.value:.1f}% ({100 * cell.low:.1f}–{100 * cell.high:.1f})")
    return "\n".join([row.label, *lines])


def test_an_open_row_and_a_comparison_have_addresses(tmp_path: Path) -> None:
    seen = drive("permalinks", visited_board(tmp_path), tmp_path)
    assert (seen["row"]["open"], seen["row"]["shut"]) == ("erm", False)
    assert seen["back"]["shut"]
    assert seen["linked"].startswith("Of 3 headline measures, erm is better in 2")
    assert seen["closed"]["shut"]


def test_what_is_not_looked_at_is_not_loaded(tmp_path: Path) -> None:
    seen = drive("lazy", visited_board(tmp_path), tmp_path)
    assert sorted(seen["first"]) == ["app.js", "data.js", "index.html", "style.css"]
    assert seen["row"] == ["rows/….js"]
    assert seen["again"] == []
    assert sorted(seen["scatter"]) == ["vendor/chart.js", "vendor/vega.js"]


def test_many_rows_come_in_pages_and_whole_on_paper(tmp_path: Path) -> None:
    seen = drive("paging", many_rows(250), tmp_path)
    assert seen["first"] == [100, "Page 1 of 3"]
    assert seen["last"] == [50, "Page 3 of 3", False]
    assert seen["found"] == [["mixup(alpha=9.0)"], False]
    assert seen["paper"] == [250, True, False, False]
    assert seen["after"] == 100


def test_the_suite_of_most_rows_is_open_first(tmp_path: Path) -> None:
    seen = drive("first", two_suites(), tmp_path)
    assert seen["suites"] == ["a_try v1 · battery 1", "the_board v1 · battery 1"]
    assert seen["suite"] == "the_board v1 · battery 1"
    assert seen["methods"] == ["erm", MIXUP]


def test_an_address_keeps_the_view(tmp_path: Path) -> None:
    """The last links ask for what is not there: whatever names nothing counts as not said."""
    named = ("suite", "backbone", "view", "family", "measures", "sort", "across", "up")
    links = [
        "#view=scatter&up=calibration.nothing&sort=__proto__+-nothing&family=%E0%A4%A&measures=x&suite=tiny",
        "#" + "&".join(f"{name}={quote(SHOUTS[1])}" for name in named),
        f"#find={quote(SHOUTS[0])}{500 * 'x'}",
        "#view=published&backbone=another_net&measures=",
        "#%%%&==&view=constructor",
    ]
    seen = drive("addresses", visited_board(tmp_path), tmp_path, *links)
    start, table = seen["start"], seen["table"]
    assert (start["suite"], start["backbone"], start["view"]) == ("tiny v2 · battery 1", "test_resnet", "table")
    assert table == {
        **start,
        "find": "mix",
        "family": "mixing",
        "names": [CUTMIX, MIXUP, CLAIMED],
        "heads": [f"{CLEAN} descending"],
    }
    assert seen["scatter"] == {**table, "view": "scatter", "up": ECE}
    assert seen["reloaded"] == seen["linked"] == seen["scatter"]
    assert seen["back"] == seen["again"] == table
    assert seen["older"] == seen["olderReloaded"] == "tiny v1 · battery 1"
    assert seen["skipped"] == ["view", table]

    nothing, shouting, searching, other, broken = seen["wrong"]
    assert nothing == {**start, "view": "scatter", "hash": "#view=scatter"}
    assert shouting == broken == {**start, "hash": ""}
    assert searching["find"] == (SHOUTS[0] + 500 * "x")[:200]
    assert searching["names"] == []
    assert (other["view"], other["backbone"], other["heads"]) == ("published", "another_net", [])
    assert seen["hacked"] == [None, 0]


def test_hostile_text_is_text(tmp_path: Path) -> None:
    seen = drive("brave", hostile_board(), tmp_path)
    assert seen["hacked"] == [None, 0]
    assert seen["links"] == []
    assert seen["beyond"] == 0
    shown = [*seen["methods"], *seen["suite"], seen["panel"], seen["compare"], seen["tip"], seen["published"]]
    for text in shown:
        assert SHOUTS[0] in text
        assert all(character.isprintable() or character == "\n" for character in text)
    assert all(shout in seen["panel"] for shout in SHOUTS)
    assert "\\u202e" in seen["methods"][0]


def test_a_crowded_board_fits_a_laptop_shows_where_it_scrolls_and_keeps_names_apart(tmp_path: Path) -> None:
    seen = drive("crowded", crowded_board(), tmp_path)
    assert seen["headline"] == 7
    assert seen["laptop"] == {"beyond": 0, "shadow": False}
    assert seen["phone"]["beyond"] > 0
    assert seen["phone"]["shadow"] is True
    assert seen["end"] is False
    assert seen["ring"] == 0
    for names in seen["names"].values():
        assert len(names["seen"]) > 5
        assert names["covered"] == []
