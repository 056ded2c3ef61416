"""Laws of every table in the terminal, at every width: nothing is cut, nothing stands out, no blanks at the ends."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mixbench.report.grid import GAP, Column, Grid, wrapped

HEADS = [Column("name"), Column("in between\nmisses", right=True), Column("why", prose=True), Column("unit", drop=1)]
WORDS = st.text("abcxyz0123456789[]:", min_size=1, max_size=12)
CELLS = st.tuples(WORDS, st.tuples(WORDS, WORDS), st.lists(WORDS, max_size=8).map(" ".join), WORDS)


def lines_of(table: Grid, width: int) -> list[str]:
    screen = Console(file=io.StringIO(), width=width, emoji=False)
    screen.print(table, soft_wrap=True)
    return screen.file.getvalue().splitlines()


def grid(rows) -> Grid:
    table = Grid(HEADS, "a title of several words", ["a note of several words"])
    for name, (whole, extra), why, unit in rows:
        table.add(name, (f"{whole} [{extra}]", whole), why, unit)
    return table


@given(st.lists(CELLS, min_size=1, max_size=4), st.integers(20, 130))
def test_every_width_shows_every_name_number_and_word_whole(rows, width):
    lines = lines_of(grid(rows), width)
    assert all(line == line.rstrip() for line in lines)
    assert max(map(len, lines)) <= width
    seen = " ".join(lines).split()
    for name, (whole, _), why, _ in rows:
        assert {name, whole, *why.split()} <= set(seen)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_where_there_is_room_a_row_is_a_line_with_all_its_cells(rows):
    lines = lines_of(grid(rows), 400)
    assert len(lines) == 1 + 2 + 1 + len(rows) + 1
    for line, (name, (whole, extra), why, unit) in zip(lines[4:-1], rows, strict=True):
        assert line.split() == [name, whole, f"[{extra}]", *why.split(), unit]


def test_what_gives_way_and_in_which_order():
    table = grid([("mixup", ("12.3", "10.1, 14.5"), "", "percent")])
    told = {width: "\n".join(lines_of(table, width)) for width in (60, 37, 28, 20)}
    assert "percent" in told[60]
    assert "percent" not in told[37]
    assert "10.1, 14.5" in told[37]
    assert "10.1, 14.5" not in told[28]
    assert "12.3" in told[20]


def test_a_name_longer_than_the_screen_stays_whole():
    name = "mixup(alpha=0.2)+label_smoothing(epsilon=0.1)"
    table = grid([(name, ("1.0", "0.5, 2.0"), "", "")])
    assert name in lines_of(table, 40)


def test_headings_markup_and_hidden_characters_are_only_text():
    table = Grid([Column("name"), Column("n", right=True)])
    table.heading("[bold]Clean[/bold]")
    table.add("a:star:b", "1")
    table.add("\x1b[31mred\u202e", "2")
    lines = lines_of(table, 60)
    assert "[bold]Clean[/bold]" in lines
    assert any(line.startswith("a:star:b") for line in lines)
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_wide_letters_take_two_columns():
    table = Grid([Column("name"), Column("n", right=True)])
    table.add("猫", "1")
    table.add("cats", "2")
    _, _, cat, cats = lines_of(table, 60)
    assert cat == "猫" + " " * (4 - 2) + " " * GAP + "1"
    assert cats == "cats" + " " * GAP + "2"


@pytest.mark.parametrize("width", [1, 5, 200])
def test_wrapped_words_make_up_the_text(width):
    assert " ".join(wrapped("to be or not to be", width)) == "to be or not to be"
