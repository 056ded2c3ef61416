"""Being told to stop by SIGTERM: work that can be kept half done looks here, and other work ends at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

STOPPED = 143
"""The exit code of a process that was told to stop."""


class _Told:
    listening = False
    stop = False


def answer_stop() -> None:
    """Answer SIGTERM from now on, in this process: end at once, or have `told` say so inside `keepable`."""
    signal.signal(signal.SIGTERM, _hear)


@contextmanager
def keepable() -> Iterator[None]:
    """Inside, being told to stop waits until the work asks."""
    _Told.listening, _Told.stop = True, False
    try:
        yield
    finally:
        _Told.listening = _Told.stop = False


def told() -> bool:
    """Whether this process was told to stop."""
    return _Told.stop


def _hear(*_: object) -> None:
    if not _Told.listening:
        os._exit(STOPPED)
    _Told.stop = True
