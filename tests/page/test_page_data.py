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
from boards import write_board
from gates import GOLDEN as RECORD
from pages import CLEAN, CUTMIX, ECE, FLAG, HIDDEN, MIXUP, OWN, PAPER, SHOUTS, SOURCE, hostile_board, visited_board

from mixbench.board.page import vendor
from mixbench.board.page.page import STATIC, page_files
from mixbench.board.read import read_board
from mixbench.board.rows import Board
from mixbench.board.words import INTERVALS, RANKS
from mixbench.results.curves import curves_of
from mixbench.results.measures import MEASURES
from mixbench.results.noises import NOISES
from mixbench.results.outcomes import load_outcomes
from mixbench.spec.errors import MixBenchError


def data(script: bytes) -> dict[str, Any]:
    """Read data.js as a browser would, statement by statement, as JSON and nothing else."""
    first, *rest = script.decode("ascii").removesuffix("\n").split("\n")
    page = json.loads(first.removeprefix("window.MIXBENCH = ").removesuffix(";"))
    for line in rest:
        match = re.fullmatch(r"MIXBENCH\.groups(?:\[(\d+)\]\.rows)?\.push\((.*)\);", line)
        assert match, line[:80]
        home = page["groups"] if match[1] is None else page["groups"][int(match[1])]["rows"]
        home.append(json.loads(match[2]))
    return page


@pytest.fixture(scope="module")
def visited() -> dict[str, Any]:
    return data(page_files(visited_board())["data.js"])


def test_the_same_board_gives_the_same_bytes() -> None:
    assert page_files(visited_board(), "../records") == page_files(visited_board(), "../records")


def test_only_data_js_changes_with_the_board() -> None:
    one, other = page_files(visited_board()), page_files(hostile_board())
    assert {name for name in one if one[name] != other[name]} == {"data.js"}
    assert {name for name in one if name not in other} == set()


def test_groups_rows_and_cells(visited: dict[str, Any]) -> None:
    """The interval by hand: mean ± 4.302653 · s / √3 with s = 0.001."""
    assert [(each["version"], each["backbone"], len(each["rows"])) for each in visited["groups"]] == [
        (2, "another_net", 1),
        (2, "test_resnet", 4),
        (1, "test_resnet", 1),
    ]
    cutmix, erm, mixup, own = visited["groups"][1]["rows"]
    assert [erm["spec"], cutmix["spec"], mixup["spec"], own["spec"]] == ["erm", CUTMIX, MIXUP, OWN]
    value, low, high, n, rank, best = erm["cells"][CLEAN]
    assert (value, n, rank, best) == (0.021, 3, None, 0)
    assert (low, high) == pytest.approx((0.021 - 0.0024841, 0.021 + 0.0024841), abs=1e-6)
    assert mixup["cells"][CLEAN][4:] == [None, 1]
    assert ECE not in own["cells"]
    assert erm["flags"] == [f"{FLAG} (2 of 3 seeds)"]
    assert [each["readings"][CLEAN][0] for each in erm["records"]] == [0.020, 0.021, 0.022]


def test_what_columns_can_tell_and_what_rows_have_won(tmp_path: Path) -> None:
    (group,) = data(page_files(read_board(write_board(tmp_path)))["data.js"])["groups"]
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
    own = visited["groups"][1]["rows"][3]
    assert own["contributed"] is True
    assert [each["text"] for each in own["sources"]] == [SOURCE]
    assert own["records"][0]["methods"] == [["own.py:Mine", own["sources"][0]["sha256"]]]


def test_published_rows_and_measures(visited: dict[str, Any]) -> None:
    assert visited["published"] == [vars(PAPER)]
    assert [each["name"] for each in visited["measures"]] == [measure.name for measure in MEASURES]
    assert visited["recordsAt"] is None


def test_hostile_text_is_inert_in_every_file() -> None:
    files = page_files(hostile_board())
    assert not set(files["data.js"]) & {*b"<>&", *range(10), *range(11, 32), *range(127, 256)}
    for name, content in files.items():
        if name != "data.js":
            assert b"hacked" not in content


def test_hostile_text_is_shown_whole_but_for_what_hides() -> None:
    page = data(page_files(hostile_board())["data.js"])
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


def test_file_names_are_quoted_in_links() -> None:
    rows = data(page_files(hostile_board(), "../records")["data.js"])["groups"][0]["rows"]
    for record in (record for row in rows for record in row["records"]):
        assert re.fullmatch(r"[A-Za-z0-9%_.~-]+", record["href"])
        assert "/" not in record["href"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_carries_no_code_of_its_own_and_a_strict_policy() -> None:
    files = page_files(visited_board())
    parser = _Tags()
    parser.feed(files["index.html"].decode())
    scripts = [attributes.get("src") for tag, attributes in parser.seen if tag == "script"]
    assert scripts[0] == "data.js"
    assert scripts[-1] == "app.js"
    assert set(scripts) == {name for name in files if name.endswith(".js")}
    for _, attributes in parser.seen:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    (policy,) = (each["content"] for tag, each in parser.seen if tag == "meta" and "http-equiv" in each)
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not [each for _, each in parser.seen for key in ("src", "href") if "//" in (each.get(key) or "")]


def test_the_page_says_of_intervals_what_they_leave_out() -> None:
    text = " ".join(html.unescape(page_files(visited_board())["index.html"].decode()).split())
    assert INTERVALS in text
    assert RANKS in text


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
    text = "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.js"))
    assert [noise for noise in NOISES if noise in text] == []


def test_a_curve_that_is_none_is_left_out() -> None:
    board = visited_board()
    found = board.groups[0].all_rows[0].records[0]
    curves = {
        "long": {"eps": [0.0] * 401, "top1_error": [0.0] * 401},
        "uneven": {"eps": [0.0, 1.0], "top1_error": [0.0]},
        "no axis": {"this": [0.0], "that": [1.0]},
        "good": {"eps": [0.0, 1.0], "top1_error": [0.125, 0.25]},
    }
    record = found.record.model_copy(update={"curves": curves})
    row = replace(board.groups[0].all_rows[0], records=(found._replace(record=record),))
    page = data(page_files(Board((replace(board.groups[0], rows=(row,)),)))["data.js"])
    assert page["groups"][0]["rows"][0]["records"][0]["curves"] == [["good", "eps", [0.0, 1.0], [0.125, 0.25]]]


def test_an_empty_board_is_a_page() -> None:
    page = data(page_files(Board(()))["data.js"])
    assert (page["groups"], page["published"], page["leftOut"]) == ([], [], [])


def test_another_bundle_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "dt_bundle.js").write_text("no module", encoding="utf-8")
    spec = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    monkeypatch.setattr(vendor.importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(MixBenchError, match=r"needed DataTables|needs DataTables"):
        vendor._datatables()


def test_bundles_are_kept_for_the_next_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[str] = []
    for name in ("_datatables", "_vega", "_chart"):
        monkeypatch.setattr(vendor, name, lambda name=name: made.append(name) or name.encode())
    monkeypatch.setattr(vendor.places, "cache", lambda: tmp_path)
    first, second = vendor.vendor_files.__wrapped__(), vendor.vendor_files.__wrapped__()
    assert first == second == {f"vendor/{name[1:]}.js": name.encode() for name in ("_datatables", "_vega", "_chart")}
    assert made == ["_datatables", "_vega", "_chart"]
    monkeypatch.setattr(vendor.importlib.metadata, "version", lambda name: "another")
    vendor.vendor_files.__wrapped__()
    assert len(made) == 6


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
