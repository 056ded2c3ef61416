"""What a method's file takes from beside it: refused, since its digest and the record that carries it lack it."""

from __future__ import annotations

import ast
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from mixbench.spec.errors import MixBenchError

_watched = threading.local()
_LIBRARIES = tuple(Path(sysconfig.get_path(kind)) for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
_OURS = Path(__file__).parents[1]


@contextmanager
def nothing_beside(file: Path | None) -> Iterator[None]:
    """Refuse, by MixBenchError, whatever is read inside from a method file's folder besides the file itself."""
    _listen()
    before = getattr(_watched, "file", None)
    _watched.file = file
    try:
        yield
    finally:
        _watched.file = before


def refuse_neighbours(file: Path) -> None:
    """Refuse, by MixBenchError, a file that imports a module from beside it, anywhere in it; it was run before."""
    for name in _imported(ast.parse(file.read_bytes())):
        module = sys.modules.get(name)
        origin = getattr(module, "__file__", None)
        if origin and _is_beside(Path(origin), file):
            raise _refusal(file, f"imports {Path(origin).name}")


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _is_beside(path: Path, file: Path) -> bool:
    """Whether a path lies in a file's folder or below and belongs to no library."""
    path = path.absolute()
    if path == file or _is_compiled(path, file) or not path.is_relative_to(file.parent):
        return False
    return not any(path.is_relative_to(library) for library in (*_LIBRARIES, _OURS))


def _is_compiled(path: Path, file: Path) -> bool:
    return path.parent.name == "__pycache__" and path.name.startswith(f"{file.stem}.")


@cache
def _listen() -> None:
    sys.addaudithook(_heard)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    file = getattr(_watched, "file", None)
    if event != "open" or file is None or not isinstance(arguments[0], (str, bytes)):
        return
    path = Path(arguments[0] if isinstance(arguments[0], str) else arguments[0].decode(errors="replace"))
    if "w" not in (arguments[1] or "") and path.is_file() and _is_beside(path, file):
        raise _refusal(file, f"reads {path.name}")


def _refusal(file: Path, does: str) -> MixBenchError:
    return MixBenchError(
        f"augmentation {file.name}: {does} beside it, which its digest and its records lack; put it into the file, or"
        " install both as a package that offers the method"
    )
