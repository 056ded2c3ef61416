"""Where people read: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import os

from rich.console import Console, RenderableType

PLAIN_WIDTH = 110
"""Columns where the output is no terminal, unless COLUMNS says otherwise."""
UNKNOWN, FEWEST = 80, 20
"""Columns of a terminal that says fewer than `FEWEST`, which is as good as saying nothing."""


class Screen(Console):
    """A console that never cuts: a line that is too long for the terminal goes on in the next."""

    def on_broken_pipe(self) -> None:
        """Leave the exit code to the command line: rich would exit with 1, which says a regression."""
        raise BrokenPipeError

    def show(self, *parts: RenderableType) -> None:
        """Print parts under one another; text as it stands, without markup, and never cut."""
        for part in parts:
            self.print(part, markup=False, soft_wrap=True)


def console(stderr: bool = False) -> Screen:
    """Return a console; where it is no terminal, lines are wide and nothing is coloured.

    A name such as a:star:b stays what it is.
    """
    made = Screen(stderr=stderr, highlight=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = PLAIN_WIDTH
    elif made.width < FEWEST:
        made.width = UNKNOWN if made.is_terminal else PLAIN_WIDTH
    return made
