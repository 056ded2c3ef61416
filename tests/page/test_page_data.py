"""The page's files: the board's numbers as inert JSON, the same bytes every time, nothing that runs but what ships."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from boards import content, write_board
from gates import GOLDEN as RECORD
from pages import (
    BLACK,
    CLAIMED,
    CLEAN,
    CUTMIX,
    ECE,
    FLAG,
    HIDDEN,
    MIXUP,
    OWN,
    PAPER,
    SHOUTS,
    SOURCE,
    found,
    hostile_board,
    visited_board,
)

from mixbench.board.leaderboard import build
from mixbench.board.page import pairs, vendor
from mixbench.board.page.about import about
from mixbench.board.page.page import STATIC, page_files
from mixbench.board.read import read_board
from mixbench.board.rows import Board, Panel
from mixbench.board.words import INTERVALS, NOT_RANKED_SAID, RANKS, RESOLUTION, WINS
from mixbench.results.curves import curves_of
from mixbench.results.found import Found
from mixbench.results.measures import HEADLINE, MEASURES
from mixbench.results.noises import NOISES
from mixbench.results.outcomes import load_outcomes
from mixbench.spec.errors import MixBenchError


def data(files: dict[str, bytes]) -> dict[str, Any]:
    """Read data.js and each row's file as a browser would, statement by statement, as JSON and nothing else."""
    first, *rest = files["data.js"].decode("ascii").removesuffix("\n").split("\n")
    page = json.loads(first.removeprefix("window.MIXBENCH = ").removesuffix(";"))
    for line in rest:
        match = re.fullmatch(r"MIXBENCH\.groups(?:\[(\d+)\]\.rows)?\.push\((.*)\);", line)
        assert match, line[:80]
        home = page["groups"] if match[1] is None else page["groups"][int(match[1])]["rows"]
        home.append(json.loads(match[2]))
    for row in (row for group in page["groups"] for row in group["rows"]):
        row["details"] = _details(row["details"], files[f"rows/{row['details']}.js"].decode("ascii"))
    return page


def _details(name: str, script: str) -> dict[str, Any]:
    match = re.fullmatch(r'MIXBENCH_ROWS\["([0-9a-f]{16})"\] = ([^\n]*);\n', script)
    assert match
    assert match[1] == name
    return json.loads(match[2])


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    return visited_board(tmp_path_factory.mktemp("records"))


@pytest.fixture(scope="module")
def visited(board: Board) -> dict[str, Any]:
    return data(page_files(board))


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    return page_files(hostile_board())


def test_the_same_board_gives_the_same_bytes(board: Board) -> None:
    assert page_files(board) == page_files(board)


def test_only_data_changes_with_the_board(board: Board, hostile: dict[str, bytes]) -> None:
    kept = {"index.html", "app.js", "style.css", "vendor/vega.js", "vendor/chart.js"}
    one = page_files(board)
    assert {name for name in one if one[name] == hostile.get(name)} == kept
    assert {name for name in one if not name.startswith("rows/")} == {*kept, "data.js", "board.csv", "board.json"}


def test_groups_rows_and_cells(visited: dict[str, Any]) -> None:
    assert [(each["version"], each["backbone"], len(each["rows"])) for each in visited["groups"]] == [
        (2, "another_net", 1),
        (2, "test_resnet", 5),
        (1, "test_resnet", 1),
    ]
    erm, cutmix, mixup, claim, own = visited["groups"][1]["rows"]
    assert [erm["spec"], cutmix["spec"], mixup["spec"], own["spec"]] == ["erm", CUTMIX, MIXUP, OWN]
    value, low, high, n, rank, best = erm["cells"][CLEAN]
    assert (value, n, rank, best) == (0.021, 3, 3, 0)
    assert low < 0.020
    assert high > 0.022
    assert mixup["cells"][CLEAN][4:] == [1, 1]
    assert ECE not in own["cells"]
    assert erm["flags"] == [f"{FLAG} (2 of 3 seeds)"]
    assert [each["readings"][CLEAN][0] for each in erm["details"]["records"]] == [0.020, 0.021, 0.022]
    assert (claim["spec"], claim["why"]) == (CLAIMED, "claimed: consistent, nobody has run it again")
    assert own["why"] == "fewer than three seeds from 0 on"
    assert erm["why"] is None


def test_two_rows_are_compared_by_the_paired_test(visited: dict[str, Any]) -> None:
    """The later row minus the earlier one; over the headline measures by Holm, so that no p is the only one."""
    erm, cutmix, mixup, claim, own = visited["groups"][1]["rows"]
    assert erm["details"]["pairs"] == claim["details"]["pairs"] == own["details"]["pairs"] == {}
    assert set(cutmix["details"]["pairs"]) == {"0"}
    assert set(mixup["details"]["pairs"]) == {"0", "1"}
    difference, low, high, p, seeds, verdict, more = mixup["details"]["pairs"]["0"][BLACK]
    assert (difference, seeds, verdict, more) == (pytest.approx(0.2), 3, "worse", 0)
    assert 0 < low < difference < high
    assert p < 0.05
    assert cutmix["details"]["pairs"]["0"][CLEAN][5] == "better"
    assert mixup["details"]["pairs"]["1"][CLEAN][5] != "better"


def test_a_large_board_compares_with_the_panel_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = visited_board(tmp_path)
    monkeypatch.setattr(pairs, "MOST_ROWS", 2)
    made = pairs.pairs_of(board.groups[1])
    assert set(made) == {(1, 0), (2, 0), (2, 1)}
    assert all(set(each) == {CLEAN, BLACK, ECE} for each in made.values())
    without = replace(board.groups[1], panel=Panel(labels=("erm",)))
    assert set(pairs.pairs_of(without)) == {(1, 0), (2, 0)}


def test_papers_are_found_by_author_and_number(visited: dict[str, Any]) -> None:
    erm, cutmix, mixup, _, own = visited["groups"][1]["rows"]
    assert (cutmix["methods"], mixup["methods"], own["methods"]) == (["cutmix"], ["mixup"], [])
    paper = visited["papers"]["mixup"]
    assert "Zhang" in paper["authors"]
    assert (paper["arxiv"], paper["link"]) == ("1710.09412", "https://arxiv.org/abs/1710.09412")
    assert paper["short"] == "Zhang et al., 2018"
    assert set(visited["papers"]) == {name for row in (erm, cutmix, mixup) for name in row["methods"]}


def test_the_page_says_when_and_by_what_it_was_made(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://example.org")
    monkeypatch.setenv("GITHUB_REPOSITORY", "people/bench")
    said = about(board)
    days = {each.record.provenance.created[:10] for row in board.groups[1].all_rows for each in row.records}
    assert (said["updated"], said["repository"]) == (max(days), "https://example.org/people/bench")
    for name in ("people/bench/../..", 'a/"b', ""):
        monkeypatch.setenv("GITHUB_REPOSITORY", name)
        assert about(board)["repository"] is None


def test_what_columns_can_tell_and_what_rows_have_won(tmp_path: Path) -> None:
    (group,) = data(page_files(read_board(write_board(tmp_path))))["groups"]
    assert (group["sortedBy"], group["headline"]) == ("net wins", [CLEAN, ECE])
    assert group["panel"] == {"labels": ["cutmix", "erm", "mixup"], "listed": False, "missing": []}
    head = group["columns"][CLEAN]
    assert 0 < head["floor"] < head["resolution"] < 0.01
    assert sorted(head["bands"][0]) == ["cutmix", "mixup"]
    rows = {row["label"]: row for row in group["rows"]}
    assert rows["erm"]["losses"] == 2
    low, high = rows["erm"]["net"]
    assert low <= rows["erm"]["wins"] - 2 <= high
    assert rows["erm"]["notes"] == []


def test_what_a_contributed_row_shows(visited: dict[str, Any]) -> None:
    own = visited["groups"][1]["rows"][4]
    assert own["contributed"] is True
    (source,) = own["details"]["sources"]
    assert source["text"] == SOURCE
    assert own["details"]["records"][0]["methods"] == [["own.py:Mine", source["sha256"]]]


def test_published_rows_and_measures(visited: dict[str, Any]) -> None:
    assert visited["published"] == [vars(PAPER)]
    assert [each["name"] for each in visited["measures"]] == [measure.name for measure in MEASURES]
    assert [each["name"] for each in visited["measures"] if each["headline"]] == list(HEADLINE)
    assert {each["unit"] for each in visited["measures"]} >= {"%", "nats", ""}


def test_hostile_text_is_inert_in_every_file(hostile: dict[str, bytes]) -> None:
    """What is downloaded is data for others to read; of what a browser runs, only JSON has strangers' text."""
    for name, text in hostile.items():
        if name == "data.js" or name.startswith("rows/"):
            assert not set(text) & {*b"<>&", *range(10), *range(11, 32), *range(127, 256)}, name
        elif name not in ("board.csv", "board.json"):
            assert b"hacked" not in text


def test_hostile_text_is_shown_whole_but_for_what_hides(hostile: dict[str, bytes]) -> None:
    page = data(hostile)
    texts = list(_texts(page))
    assert not [text for text in texts if set(text) & set(HIDDEN)]
    row = page["groups"][0]["rows"][0]
    for text in (row["spec"], row["flags"][0], page["groups"][0]["suite"], page["published"][0]["note"]):
        assert all(shout in text for shout in SHOUTS)


def _texts(value: Any) -> Any:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for each in pair for text in _texts(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in _texts(each))


def test_where_a_board_keeps_a_record_is_quoted() -> None:
    record = _record(Path("boards/tiny suite/records"), 'a"><\u202e.json')
    (group,) = data(page_files(build([record])))["groups"]
    (kept,) = group["rows"][0]["details"]["records"]
    assert kept["path"] == "tiny/records/a%22%3E%3C%E2%80%AE.json"
    (group,) = data(page_files(build([_record(Path("runs"), "a.json")])))["groups"]
    assert group["rows"][0]["details"]["records"][0]["path"] is None


def _record(folder: Path, name: str) -> Found:
    return found(content(only=[CLEAN]), name, folder)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_carries_no_code_of_its_own_and_a_strict_policy(hostile: dict[str, bytes]) -> None:
    files = hostile
    parser = _Tags()
    parser.feed(files["index.html"].decode())
    scripts = [attributes.get("src") for tag, attributes in parser.seen if tag == "script"]
    assert scripts == ["data.js", "app.js"]
    for _, attributes in parser.seen:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    (policy,) = (each["content"] for tag, each in parser.seen if tag == "meta" and "http-equiv" in each)
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not [each for _, each in parser.seen for key in ("src", "href") if "//" in (each.get(key) or "")]


def test_the_page_says_what_its_numbers_are(hostile: dict[str, bytes]) -> None:
    text = " ".join(html.unescape(hostile["index.html"].decode()).split())
    assert all(said in text for said in (INTERVALS, RANKS, RESOLUTION, WINS, NOT_RANKED_SAID))


def test_our_scripts_never_write_markup() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        words = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "srcdoc")
        assert not [word for word in words if word in text], path.name


def test_every_measure_and_every_curve_has_words_in_the_data(visited) -> None:
    """The page's scripts name no measure of their own, but for what they draw first."""
    assert [(each["section"], each["short"]) for each in visited["measures"]] == [
        (measure.section, measure.short) for measure in MEASURES
    ]
    assert len({(measure.section, measure.short) for measure in MEASURES}) == len(MEASURES)
    outcomes = load_outcomes(RECORD.with_suffix(".npz"))
    assert set(curves_of(outcomes, [0.0])) <= set(visited["curves"])
    assert [name for name, (_, share) in visited["curves"].items() if not share] == ["between.gradient_norm"]
    text = "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.js"))
    prefixes = {measure.name.split(".")[0] for measure in MEASURES} - {"model"}
    assert [word for word in (*NOISES, *prefixes) if re.search(rf"[\"'`]{word}\\b", text)] == []


def test_a_curve_that_is_none_is_left_out(board: Board) -> None:
    first = board.groups[0].all_rows[0].records[0]
    curves = {
        "long": {"eps": [0.0] * 401, "top1_error": [0.0] * 401},
        "uneven": {"eps": [0.0, 1.0], "top1_error": [0.0]},
        "no axis": {"this": [0.0], "that": [1.0]},
        "good": {"eps": [0.0, 1.0], "top1_error": [0.125, 0.25]},
    }
    record = first.record.model_copy(update={"curves": curves})
    row = replace(board.groups[0].all_rows[0], records=(first._replace(record=record),))
    page = data(page_files(Board((replace(board.groups[0], rows=(row,), unranked=()),))))
    assert page["groups"][0]["rows"][0]["details"]["records"][0]["curves"] == [
        ["good", "eps", [0.0, 1.0], [0.125, 0.25]]
    ]


def test_an_empty_board_is_a_page() -> None:
    page = data(page_files(Board(())))
    assert (page["groups"], page["published"], page["doubles"], page["about"]["updated"]) == ([], [], [], None)


def test_bundles_are_kept_for_the_next_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[str] = []
    for name in ("_vega", "_chart"):
        monkeypatch.setattr(vendor, name, lambda name=name: made.append(name) or name.encode())
    monkeypatch.setattr(vendor.places, "cache", lambda: tmp_path)
    first, second = vendor.vendor_files.__wrapped__(), vendor.vendor_files.__wrapped__()
    assert first == second == {f"vendor/{name[1:]}.js": name.encode() for name in ("_vega", "_chart")}
    assert made == ["_vega", "_chart"]
    monkeypatch.setattr(vendor.importlib.metadata, "version", lambda name: "another")
    vendor.vendor_files.__wrapped__()
    assert len(made) == 4


def test_a_cache_that_cannot_be_written_stops_no_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(vendor.places, "cache", lambda: tmp_path / "file")
    monkeypatch.setattr(vendor, "_vega", lambda: b"vega")
    assert vendor.vendor_files.__wrapped__()["vendor/vega.js"] == b"vega"


def test_a_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise vendor.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(vendor.importlib.metadata, "version", version)
    with pytest.raises(MixBenchError, match="the page needs altair, got none installed"):
        vendor.vendor_files.__wrapped__()
