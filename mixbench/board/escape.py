"""Text in GitHub's Markdown that stays text, whoever wrote it."""

from __future__ import annotations

import re

from mixbench.spec.plain import plain, plain_name

_SPAN = re.compile(r"[A-Za-z0-9_ ().,=+\[\]:/-]+")
_SAFE = re.compile(r"[^A-Za-z0-9 .,()/%=;'\u0080-\U0010ffff-]")
_REFERENCE = re.compile(r"(?i)(@|#|www(?=\.)|://)")
_BREAK = "\u200b"


def text(words: str, most: int = 600) -> str:
    """Return words as Markdown text: no markup, link, mention, reference, emoji or formula comes of them."""
    broken = _REFERENCE.sub(lambda match: match[0][:1] + _BREAK + match[0][1:], plain(words, most))
    return _SAFE.sub(lambda match: f"&#{ord(match[0])};", broken)


def code(name: str, most: int = 300) -> str:
    """Return a name as Markdown code; what could end the span or a table's cell is written as entities."""
    shown = plain_name(name, most)
    if _SPAN.fullmatch(shown) and shown.strip() == shown:
        return f"`{shown}`"
    return f"<code>{text(shown, most)}</code>"


def table(header: list[str], rows: list[list[str]], right: int = 1) -> str:
    """Return a Markdown table of cells that are escaped already; from column `right` on they stand to the right."""
    rule = ["---" if place < right else "---:" for place in range(len(header))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *rows))
