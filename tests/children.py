"""Child processes of tests: started as from a terminal, waited for by what they do."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

LIMIT = 600
"""Seconds after which a child hangs, however busy the machine is."""


def started(command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    """Start a command in a session of its own, its output kept."""
    with _heard_interrupts():
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **options
        )


@contextmanager
def _heard_interrupts() -> Iterator[None]:
    """Let what starts meanwhile hear Ctrl-C, which a shell that starts the tests in the background has it ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def wait_until(seen: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for what a running process leaves to be seen; it must not end before."""
    for _ in range(LIMIT * 50):
        if seen():
            return
        try:
            process.wait(1 / 50)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(process.communicate())
    process.kill()
    raise AssertionError("it hangs", process.communicate())


def last_words(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Return what a process and all who share its output said, once the last of them is gone."""
    return process.communicate(timeout=LIMIT)
