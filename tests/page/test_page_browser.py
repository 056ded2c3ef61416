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
from pages import CLEAN, CUTMIX, ECE, FLAG, MIXUP, OWN, SHOUTS, hostile_board, two_suites, visited_board

from mixbench.board.page.page import page_files
from mixbench.board.read import read_board
from mixbench.board.rows import Board
from mixbench.results.measures import MEASURES

HERE = Path(__file__).parent
SHIPPED = sorted(path.parent for path in HERE.parents[1].glob("leaderboards/*/records"))
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
    for name, content in page_files(board, "../records").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    command = ["node", HERE / "drive.mjs", chromium, scenario, folder, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_visitors_sort_filter_open_and_compare(tmp_path: Path) -> None:
    """Every expected number is worked out by hand from ROWS: Student-t over three seeds, 4.303 · s / √3."""
    board = visited_board()
    seen = drive("visit", board, tmp_path)
    assert seen["complaints"] == []
    assert seen["elsewhere"] == []

    assert seen["heads"][:4] == ["compare", "method", "overall", "seeds"]
    assert "Clean top-1 error % ↓" in seen["heads"]
    assert seen["cell"][:3] == ["1.9", "3", "2.1 | 1.9–2.3 3"]
    order = ["erm", CUTMIX, MIXUP, OWN]
    by_clean = [MIXUP, CUTMIX, "erm", OWN]
    assert seen["sorting"] == {
        "first": order,
        "up": by_clean,
        "down": by_clean[::-1],
        "back": order,
        "missing": [["erm", CUTMIX, MIXUP, OWN], [MIXUP, CUTMIX, "erm", OWN]],
        "end": order,
    }
    assert seen["filtering"] == {"found": [[CUTMIX, MIXUP], "2 of 4 methods."], "family": [OWN]}
    assert seen["choosing"] == {"added": ["FGSM, white box top-1 error % ↓"], "gone": ["Calibration ECE % ↓"]}

    row = seen["row"]
    assert row["title"] == "erm"
    assert row["flags"] == [f"{FLAG} (2 of 3 seeds)"]
    assert row["clean"] == ["Clean top-1 error %", "2.1", "1.9–2.3", "3", "2.0", "2.1", "2.2"]
    assert row["records"] == [f"../records/tiny-erm-seed{seed}.json" for seed in range(3)]
    (erm,) = (each for group in board.groups for each in group.rows if (each.label, len(each.seeds)) == ("erm", 3))
    assert row["digests"] == [each.record.digest for each in erm.records]
    assert row["curves"] == len(erm.records[0].record.curves)
    assert row["open"] == 0
    assert row["steps"] == 0

    assert seen["keyboard"] == {
        "tab": "erm",
        "arrow": CUTMIX,
        "outline": "solid",
        "opened": CUTMIX,
        "after": CUTMIX,
        "button": "Compare: tick one more",
        "enabled": True,
        "tabbed": "tab-scatter",
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
    assert comparing["clean"] == ["Clean top-1 error %", "2.1", "1.1", "−1.0", f"{MIXUP} better"]
    assert comparing["ece"] == ["Calibration ECE %", "2.2", "11.0", "+8.8", "erm better"]
    assert comparing["tally"] == (
        f"By intervals that stand apart, erm is better on 2 measures, {MIXUP} on 1; on 20 they overlap."
    )
    assert comparing["other"][:3] == ["measure", "erm", CUTMIX]

    scatter = seen["scatter"]
    assert scatter["titles"] == ["Calibration: ECE (%) ↓", "Clean: top-1 error (%) ↓"]
    assert scatter["points"] == 3  # the fourth method has no ECE
    assert scatter["bars"] == 6
    assert len(scatter["names"]) == 3
    assert scatter["opened"] in order
    tips = [
        "erm\nClean: top-1 error 2.1% (1.9–2.3)\nCalibration: ECE 2.2% (1.7–2.7)",
        f"{CUTMIX}\nClean: top-1 error 1.2% (1.0–1.4)\nCalibration: ECE 5.2% (4.7–5.7)",
        f"{MIXUP}\nClean: top-1 error 1.1% (0.9–1.3)\nCalibration: ECE 11.0% (8.5–13.5)",
    ]
    assert scatter["keys"] == [*tips, MIXUP, tips[-1]]

    rest = seen["rest"]
    assert rest["order"] == ["1.9", "2.0", "2.1"]
    assert rest["bars"] == 1
    assert rest["published"][:3] == ["erm", "Clean: top-1 error", "23.5 %"]
    assert rest["measures"] == len(MEASURES)
    assert rest["suites"] == ["tiny v2 · battery 1", "tiny v1 · battery 1"]
    assert rest["older"] == [[MIXUP], ["test_resnet"], False]

    assert seen["dark"]["asked"] != seen["light"] == seen["dark"]["toggled"]
    assert seen["dark"]["pressed"] == "true"
    assert {view: width for view, width in seen["phone"].items() if width > 390} == {}


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
    seen = drive("addresses", visited_board(), tmp_path, *links)
    assert seen["complaints"] == []
    assert seen["elsewhere"] == []
    start, table = seen["start"], seen["table"]
    assert (start["suite"], start["backbone"], start["view"]) == ("tiny v2 · battery 1", "test_resnet", "table")
    assert table == {
        **start,
        "find": "mix",
        "family": "mixing",
        "names": [CUTMIX, MIXUP],
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
    assert seen["complaints"] == []
    assert seen["elsewhere"] == []
    assert seen["hacked"][:2] == [None, 0]
    assert seen["beyond"] == 0
    shown = [*seen["methods"], *seen["suite"], seen["panel"], seen["compare"], seen["tip"], seen["published"]]
    for text in shown:
        assert SHOUTS[0] in text
        assert all(character.isprintable() or character == "\n" for character in text)
    assert all(shout in seen["panel"] for shout in SHOUTS)
    assert "\\u202e" in seen["methods"][0]


@pytest.mark.parametrize("suite", SHIPPED, ids=lambda suite: suite.name)
def test_a_shipped_board_fits_a_laptop_shows_where_it_scrolls_and_keeps_names_apart(
    suite: Path, tmp_path: Path
) -> None:
    seen = drive("shipped", read_board(suite), tmp_path)
    assert seen["complaints"] == []
    assert seen["headline"] == 7
    assert seen["laptop"] == {"beyond": 0, "shadow": "0"}
    assert seen["phone"]["beyond"] > 0
    assert seen["phone"]["shadow"] == "1"
    assert seen["end"] == "0"
    for names in seen["names"].values():
        assert len(names["seen"]) > 5
        assert names["covered"] == []
