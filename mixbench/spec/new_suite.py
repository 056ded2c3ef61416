"""A new suite's file: its name, its tables read back, and the file written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import tomli_w

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.fields import NAME
from mixbench.spec.suite import Suite, parse_suite
from mixbench.spec.whole import write_atomically


def new_name(path: Path) -> str:
    """Return the name of a suite that is to be written to a file; MixBenchError where it cannot go there."""
    if path.suffix != ".toml":
        raise MixBenchError(
            f"suite {shown(path)}: needed a file that ends in .toml, got {path.suffix or 'no ending'}; rename it"
        )
    if not re.fullmatch(NAME, path.stem):
        fitting = re.sub("[^a-z0-9._-]+", "-", path.stem.lower()).strip("._-") or "mine"
        raise MixBenchError(
            f"suite {shown(path)}: needed a file name of small letters, digits, '.', '_' and '-', got"
            f" {plain(path.stem)!r}; call it {fitting[:64]}.toml"
        )
    try:
        taken = path.exists()
    except OSError as error:
        raise _unwritten(path, error) from None
    if taken:
        raise MixBenchError(f"suite {shown(path)}: is there already; give another file, or remove it")
    return path.stem


def read_back(path: Path, tables: dict[str, Any]) -> Suite:
    """Return the suite that a file with these tables would be; MixBenchError where it would be none."""
    try:
        return parse_suite(tomli_w.dumps(tables), path)
    except MixBenchError as error:
        raise MixBenchError(str(error).replace("; mend the file", "")) from None


def write_suite(path: Path, tables: dict[str, Any], source: Suite) -> Suite:
    """Write a suite's file, checked by loading it, and return it; MixBenchError where it cannot be or is there already.

    Nothing is left behind where it is refused.
    """
    new_name(path)
    made = read_back(path, tables)
    text = _header(tables, source, path) + tomli_w.dumps(tables)
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise _unwritten(path, error) from None
    return made


def _unwritten(path: Path, error: OSError) -> MixBenchError:
    return MixBenchError(f"suite {shown(path)}: needed to write there, got {error.strerror}; give another file")


def _header(tables: dict[str, Any], source: Suite, path: Path) -> str:
    return (
        f"# {tables['name']}: made from {source.name}@{source.version} by 'mixbench suite new'.\n"
        f"# mixbench eval --suite {path.name} --aug cutmix\n"
    )
