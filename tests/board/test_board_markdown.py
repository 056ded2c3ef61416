"""Markdown of a board: what it shows, and that no stranger's text becomes anything but text."""

import html
import re
from html.parser import HTMLParser

import pytest
from boards import content, write_board, write_record
from markdown_it import MarkdownIt

from mixbench.board.escape import code, table, text
from mixbench.board.markdown import board_markdown
from mixbench.board.published import COLUMNS
from mixbench.board.read import read_board
from mixbench.board.regenerate import board_file
from mixbench.results.measures import HEADLINE

NASTY = (
    "<script>alert(1)</script>|`x`|**bold** _i_ [l](http://e.vil) @someone #12 www.e.vil :smile: $x$ \u202e ![](x)\\"
)
ROW = 'p|aper,Table 1,Digits,ResNet,mixup,"200 epochs",clean.top1_error,4.2,<b>note</b>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = write_board(tmp_path_factory.mktemp("markdown"))
    records = folder / "tiny" / "records"
    for seed in range(3):
        flags = ["gradient_masking: it lies", NASTY] if seed else []
        write_record(records, content("evil.py:Evil", seed, flags=flags, only=["clean.top1_error"]))
    write_record(records, content("erm", 0, backbone=NASTY))
    (folder / "published").mkdir()
    (folder / "published" / "papers.csv").write_text(f"{','.join(COLUMNS)}\n{ROW}\n{ROW.replace('Digits', 'MNIST')}\n")
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return board_markdown(read_board(folder / "tiny"), "Leaderboard: tiny")


def tables(page):
    """Every table as a list of rows of cells, by the rules of GitHub's Markdown."""
    blocks = re.findall(r"(?:^\|.*\|\n?)+", page, re.MULTILINE)
    return [[re.split(r"(?<!\\)\|", line)[1:-1] for line in block.strip().splitlines()] for block in blocks]


def test_every_line_of_a_table_has_its_header_s_cells(page):
    found = tables(page)
    assert len(found) > 10
    for rows in found:
        assert {len(row) for row in rows} == {len(rows[0])}


def test_the_headline_table_has_means_ranks_and_the_best(page):
    headline = next(rows for rows in tables(page) if len(rows[0]) == 3 + len(HEADLINE) and len(rows) == 9)
    head = [[cell.strip() for cell in row] for row in headline[2:5]]
    assert [row[0] for row in head] == ["*resolution*", "*seeds for 1 pt*", "*floor*"]
    assert 0 < float(head[2][3]) < float(head[0][3]) < 1
    assert head[1][3] == "2"
    cells = {row[0].split("`")[1]: [cell.strip() for cell in row[1:]] for row in headline[5:]}
    assert cells["erm"][2] == "2.1 <sup>3</sup>"
    assert cells["mixup"][::2][:2] == ["3", "**1.1** <sup>1</sup>"]
    assert cells["evil.py:Evil"][3:] == ["–"] * (len(HEADLINE) - 1)


def test_what_the_rows_are_sorted_by_is_said_and_the_rest_is_asked_for(page, folder):
    assert "Sorted by wins less losses against 3 panel rows in 2 measures." in page
    notes = page.split("Sorted by")[1].split("\n\n")[0]
    assert len(notes.splitlines()) == 2
    explained = board_markdown(read_board(folder / "tiny"), explain=True)
    assert len(explained) > len(page) + 2000
    assert "in 5 % of boards" in explained
    assert "in 5 % of boards" not in page


def test_contributed_rows_flags_and_published_rows_are_told_apart(page):
    assert "`evil.py:Evil` (contributed) <sup>a b</sup>" in page
    assert "- **a** gradient&#95;masking&#58; it lies: `evil.py:Evil` (2 of 3 seeds)" in page
    published = page.split("### Published")[1]
    assert "p&#124;aper, Table 1" in published
    assert "MNIST" not in published


class Tags(HTMLParser):
    """The tags and the text of a rendered page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = set(), ""
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(page))

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


def test_nothing_of_a_stranger_is_markup(page):
    """Rendered by markdown-it with HTML let through: only our own tags, and the text as it was written."""
    rendered = Tags(page)
    ours = {
        "h1",
        "h2",
        "h3",
        "p",
        "ul",
        "li",
        "code",
        "em",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "sup",
        "strong",
    }
    assert rendered.tags == ours
    shown = rendered.text.replace("\u200b", "")
    assert shown.count(NASTY.replace("\u202e", "\\u202e")) == 1
    assert shown.count("backbone <script>alert(1)</script>|`x`|**bold** _i_ [l](h") == 1


def test_github_finds_no_mention_reference_or_link(page):
    shown = Tags(page).text
    for bad in ("@someone", "#12", "www.e.vil", "http://e", "\u202e"):
        assert bad not in shown


def test_what_is_kept_of_a_board_is_the_same_wherever_it_lies(tmp_path):
    first, second = (board_file(write_board(tmp_path / name) / "tiny") for name in ("one", "two"))
    assert first == second
    assert str(tmp_path).encode() not in first
    assert first.startswith(b"# Leaderboard of tiny\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mixup(alpha=8)+cutmix", "`mixup(alpha=8)+cutmix`"),
        ("mixup|cutmix", "<code>mixup&#124;cutmix</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ("", "<code></code>"),
    ],
)
def test_names_are_code(name, shown):
    assert code(name) == shown


def test_text_reads_as_it_was_written():
    assert html.unescape(text(NASTY)).replace("\u200b", "") == NASTY.replace("\u202e", "\\u202e")


def test_a_table_is_plain_lines():
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"
