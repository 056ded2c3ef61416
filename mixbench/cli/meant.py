"""Which command was meant by a word that is none."""

from __future__ import annotations

from mixbench.spec.errors import did_you_mean
from mixbench.spec.plain import plain

LISTS = ("augs", "suites", "measures", "models")


def unknown_command(word: str, above: str = "") -> str:
    """Say which commands there are in place of a word; `above` is the command that it was given to, if any."""
    from mixbench.cli.app import COMMANDS

    if above.strip() == "suite":
        return f"unknown command {plain(word)!r}: 'mixbench suite show NAME' or 'mixbench suite new FILE --from NAME'."
    known = [name for name, command in COMMANDS.items() if command.usual]
    return f"unknown command {plain(word)!r}: one of {', '.join(known)}.{_meant(word.lower())}"


def _meant(word: str) -> str:
    from mixbench.augment.table import BY_NAME
    from mixbench.cli.app import COMMANDS

    near = did_you_mean(word, COMMANDS)
    if word.rstrip("s") + "s" in LISTS:
        return f" Did you mean 'list {word.rstrip('s')}s'?"
    if word in BY_NAME:
        return f" Did you mean 'eval --aug {word}'?"
    named = (name for name, command in COMMANDS.items() if word in command.meant.split())
    return next((f" Did you mean '{name}'?" for name in named), near)
