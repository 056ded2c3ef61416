"""Words SECTION.KEY=VALUE, as --set takes them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain


def parse_settings(words: Sequence[str]) -> dict[str, Any]:
    """Return section.key=value words as values by dotted key; a value is TOML's, or else a text.

    MixBenchError for a word of another form, and for what only the file's name says.
    """
    found = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or "." not in key or not all(key.split(".")):
            raise MixBenchError(
                f"--set: needed SECTION.KEY=VALUE such as transform.flip=true, got {plain(word)!r};"
                " 'mixbench suite show' shows the keys"
            )
        found[key.strip()] = _value(text.strip())
    return found


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
