"""What commands give: JSON on stdout, or a file at the path that an option names."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mixbench.runs.store import write_atomically
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain


def print_json(value: object) -> None:
    """Write a value to stdout as indented JSON; ValueError for NaN."""
    sys.stdout.write(json.dumps(value, indent=1, allow_nan=False) + "\n")


def write_file(option: str, path: Path, content: bytes) -> None:
    """Write a file whole or not at all; MixBenchError that names the option where it cannot be written."""
    try:
        write_atomically(path, content)
    except OSError as error:
        raise MixBenchError(
            f"{option} {plain(str(path))}: needed to write there, got {plain(error.strerror or str(error))};"
            " give another place"
        ) from None
