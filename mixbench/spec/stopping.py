"""Being told to stop by SIGTERM: work that can be kept half done looks here, and other work ends at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

STOPPED = 143
"""The exit code of a process that was told to stop."""


class Stopped(KeyboardInterrupt):
    """The process was asked to end; what Ctrl-C keeps is kept."""


class _Told:
    listening = False
    stop = False


@contextmanager
def keepable() -> Iterator[None]:
    """Inside, `hear` leaves it to the work, which asks whether it was told."""
    _Told.listening, _Told.stop = True, False
    try:
        yield
    finally:
        _Told.listening = _Told.stop = False


def told() -> bool:
    """Whether this process was told to stop."""
    return _Told.stop


def hear() -> bool:
    """Note that this process is told to stop; return whether the work will end of itself."""
    _Told.stop = _Told.listening
    return _Told.listening
