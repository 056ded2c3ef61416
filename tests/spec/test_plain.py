"""Strangers' text, made harmless."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixbench.spec.plain import plain, plain_name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mixup(alpha=8)", "mixup(alpha=8)"),
        ("a\x1b[31mred\x07", "a\\x1b[31mred\\x07"),
        ("left\u202eright", "left\\u202eright"),
        ("two\nlines\tof\u00a0text", "two lines of text"),
        ("zero\u200bwidth\u2066", "zero\\u200bwidth\\u2066"),
        ("Mu\u0308ller", "Müller"),
        ("z\u0351\u0350", "z\\u0351\\u0350"),
        ("a\ud800b", "a\\ud800b"),
        ("filler\u3164", "filler\\u3164"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text, shown):
    assert plain(text) == shown


def test_long_text_is_cut_even_where_every_character_grows():
    assert plain("x" * 400, most=10) == "x" * 9 + "…"
    assert len(plain("\u202e" * 10_000_000, most=50)) == 50
    assert plain("x" * 10, most=10) == "x" * 10


def test_no_letter_of_another_script_plays_a_latin_one():
    assert plain_name("сutmix") == "\\u0441utmix"
    assert plain_name("cutmix") == "cutmix"


@given(st.text(st.characters(codec=None, categories=None)))
def test_whatever_comes_in_one_visible_line_comes_out(text):
    shown = plain(text)
    assert len(shown) <= 300
    assert all(character == " " or unicodedata.category(character)[0] not in "CZ" for character in shown)
    shown.encode()
    assert plain_name(text).replace("…", "").isascii()
