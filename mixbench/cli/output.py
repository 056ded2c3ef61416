"""What commands give: JSON on stdout, or a file at the path that an option names."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.show.figure import KINDS
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.whole import write_atomically

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
"""A switch that is off unless it is named."""


def print_json(value: object) -> None:
    """Write a value to stdout as indented JSON; ValueError for NaN."""
    sys.stdout.write(json.dumps(value, indent=1, allow_nan=False) + "\n")


def picture_kind(option: str, path: Path) -> str:
    """Return the kind of picture that a file's ending asks for; MixBenchError for another ending."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise MixBenchError(
            f"{option} {shown(path)}: needed a file that ends in {', '.join(f'.{each}' for each in KINDS[:-1])} or"
            f" .{KINDS[-1]}, got {plain(path.suffix) or 'no ending'}; rename it"
        )
    return kind


def check_place(option: str, path: Path) -> None:
    """Try, before any work, whether a file could be written at a path; MixBenchError that names the option if not."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        above = next(folder for folder in path.absolute().parents if folder.exists())
        with tempfile.TemporaryFile(dir=above):
            pass
    except OSError as error:
        raise _unwritten(option, path, error) from None


def write_file(option: str, path: Path, content: bytes) -> None:
    """Write a file whole or not at all; MixBenchError that names the option where it cannot be written."""
    try:
        write_atomically(path, content)
    except OSError as error:
        raise _unwritten(option, path, error) from None


def _unwritten(option: str, path: Path, error: OSError) -> MixBenchError:
    return MixBenchError(
        f"{option} {shown(path)}: needed to write there, got {plain(error.strerror or str(error))}; give another place"
    )
