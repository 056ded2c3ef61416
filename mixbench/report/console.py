"""Where people read: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import os

from rich.console import Console

PLAIN_WIDTH = 110
"""Columns where the output is no terminal, unless COLUMNS says otherwise."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave the exit code to the command line: rich would exit with 1, which says a regression."""
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """Return a console; where it is no terminal, lines are wide and nothing is coloured.

    A name such as a:star:b stays what it is.
    """
    made = _Console(stderr=stderr, highlight=False, emoji=False)
    return (
        made
        if made.is_terminal or "COLUMNS" in os.environ
        else _Console(stderr=stderr, highlight=False, emoji=False, width=PLAIN_WIDTH)
    )
