"""What the command line owes to the world outside: any encoding, readers that leave, being told to stop."""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from mixbench.spec.stopping import Stopped, hear

_PLAINER = {
    "ε": "eps", "λ": "lambda", "α": "alpha", "β": "beta", "×": "x", "±": "+-", "≤": "<=", "≥": ">=", "≈": "~",
    "→": "->", "←": "<-", "↓": "v", "↑": "^", "…": "...", "–": "-", "—": "-", "−": "-", "·": ".", "•": "*", "°": "deg",
    "‘": "'", "’": "'", "“": '"', "”": '"', "│": "|", "─": "-", "\u00a0": " ",
    # Not the bare digit, which would lengthen the number before it.
    **{raised: f"^{digit}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}  # fmt: skip


def plainer(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding lacks: by plainer letters, lone surrogates by their escape, the rest by a '?'."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(map(_plainer, lost)).encode("ascii", "replace").decode(), error.end


def _plainer(letter: str) -> str:
    if 0xD800 <= ord(letter) < 0xE000:
        return letter.encode("ascii", "backslashreplace").decode()
    return _PLAINER.get(letter, "?")


def open_streams() -> None:
    """Make stdout and stderr take every text, whatever their encoding, also where they were closed."""
    codecs.register_error("mixbench.plainer", plainer)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="mixbench.plainer")


def abandon(stream: TextIO) -> None:
    """Send what a stream still holds nowhere, so that nothing is left to fail when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def stoppable() -> Iterator[None]:
    """Answer SIGTERM as Ctrl-C is answered, by Stopped, meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        # Python changes signals in the main thread only.
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _stop(*_: object) -> None:
    if not hear():
        raise Stopped
