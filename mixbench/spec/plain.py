"""Strangers' text made harmless to look at: nothing hidden, nothing that turns the line around."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"}
# Letters and symbols that show nothing, whatever their category says.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def plain(text: str, most: int = 300) -> str:
    """Return a text on one line, as it is read: NFC, at most `most` characters, and nothing that cannot be seen.

    White space becomes one space; control, format, bidi, private, unassigned and left-over combining characters
    become escapes such as \\u202e.
    """
    if text.isascii() and text.isprintable():
        return _short(text, most)
    cut = unicodedata.normalize("NFC", text[: 4 * most])
    return _short("".join(map(_visible, cut)), most)


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as it may stand in a message."""
    return plain(os.fspath(path))


def some(names: Iterable[str], most: int = 12) -> str:
    """Return the first of many names as they may stand in a message."""
    listed = [plain(name) for name in names]
    return ", ".join(listed[:most]) + (" …" if len(listed) > most else "")


def plain_name(text: str, most: int = 300) -> str:
    """Return a name as `plain` does, with every character beyond ASCII escaped, so that no letter plays another."""
    return plain(text.encode("ascii", "backslashreplace").decode(), most)


def is_hidden(character: str) -> bool:
    """Whether nothing is seen of a character, or another place than its own; of composed (NFC) text, spaces aside."""
    return character in _BLANK or unicodedata.category(character) in _HIDDEN


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    if is_hidden(character):
        return character.encode("ascii", "backslashreplace").decode() if ord(character) > 127 else _escape(character)
    return character


def _escape(character: str) -> str:
    return f"\\x{ord(character):02x}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
