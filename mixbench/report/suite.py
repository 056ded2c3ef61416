"""A suite as people read it: its TOML as resolved, and what names it."""

from __future__ import annotations

import re
import shlex
from typing import Any

import tomli_w

from mixbench.spec.places import as_text
from mixbench.spec.suite import Suite
from mixbench.spec.written import places_in


def suite_json(suite: Suite) -> dict[str, Any]:
    """Return everything of a suite, defaults too, with its digest."""
    return {**_values(suite), "digest": suite.digest}


def suite_text(suite: Suite, asked: str, encoding: str = "utf-8") -> str:
    """Write a suite as resolved in TOML, with its digest and its command on top; what is null is left out.

    `asked` is the name or file that it was asked for by; what `encoding` lacks is escaped as TOML does.
    """
    head = [
        f"# {suite.name}@{suite.version}",
        f"# digest {suite.digest}",
        f"# mixbench eval --suite {shlex.quote(as_text(asked))} --aug cutmix",
    ]
    text = "\n".join(head) + "\n" + tomli_w.dumps(_values(suite, exclude_none=True))
    return re.sub(r"[^\x00-\x7f]", lambda found: _escaped(found[0], encoding), text)


def _values(suite: Suite, exclude_none: bool = False) -> dict[str, Any]:
    """The suite's values with paths as they stand in files."""
    values = suite.model_dump(mode="json", exclude_none=exclude_none)
    for section, key in places_in(values):
        if isinstance(section[key], str):
            section[key] = as_text(section[key])
    return values


def _escaped(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
    return character
