"""Errors that a user can mend: one line that says what was needed, what was got and what to do."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

from pydantic import ValidationError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What a system says of a disk that takes nothing more."""


class MixBenchError(Exception):
    """Something the user can mend; the command line prints its one line and exits with 2."""

    def __init__(self, message: str) -> None:
        """Take the message as one line, whatever white space a stranger's name brought into it."""
        super().__init__(" ".join(message.split()))


class TrainingDiverged(MixBenchError):
    """A training whose loss stopped being a number; it is not stored and the other trainings go on."""


class StorageFull(MixBenchError):
    """A disk that takes nothing more: what is not begun yet could not be kept either."""


class TrainingStopped(MixBenchError):
    """A training that was told to stop between two steps; its message says what was kept."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ' Did you mean …?' for the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""


def unknown(kind: str, name: str, known: Iterable[str], where: str) -> MixBenchError:
    """Make the error for a name that is in no table; `where` says how to see the names."""
    return MixBenchError(f"unknown {kind} {name!r}: {where}.{did_you_mean(name, known)}")


def explain(error: ValidationError, known: Iterable[str] = ()) -> str:
    """Put the first fault of a pydantic error into one line: path: message (got …)."""
    faults = error.errors(include_url=False)
    # A misspelt key is also a missing one; the misspelling is what helps.
    fault = next((each for each in faults if each["type"].startswith(("extra", "unexpected"))), faults[0])
    path = ".".join(str(part) for part in fault["loc"]) or "the whole"
    hint = did_you_mean(str(fault["loc"][-1]), known) if fault["type"].startswith(("extra", "unexpected")) else ""
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    message = {
        "extra_forbidden": "unknown key",
        "unexpected_keyword_argument": "unknown parameter",
        "missing": "is missing",
    }.get(fault["type"], fault["msg"][:1].lower() + fault["msg"][1:])
    got = "" if fault["type"] == "missing" else f" (got {_short(fault['input'])})"
    return f"{path}: {message}{got}{more}{hint}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
