"""The file of a user's own method: run, its class found, and its faults told by its own lines."""

from __future__ import annotations

import importlib.util
import inspect
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mixbench.augment.beside import nothing_beside, refuse_neighbours
from mixbench.spec.errors import MixBenchError, did_you_mean


def class_in_file(name: str, sources: Mapping[str, str]) -> tuple[type, str, Path]:
    """Return the class that `file.py:Class` names, its canonical name and its file; MixBenchError without one."""
    file, class_name = name.rsplit(":", 1)
    path = Path(sources.get(name, file)).absolute()
    module = _run(path)
    kind = vars(module).get(class_name)
    if not isinstance(kind, type):
        classes = [key for key, value in vars(module).items() if isinstance(value, type)]
        hint = did_you_mean(class_name, classes)
        raise MixBenchError(f"augmentation {name}: needed a class {class_name} in {path}, got none.{hint}")
    return kind, f"{path.name}:{class_name}", path


def _run(path: Path) -> Any:
    if not path.is_file():
        raise MixBenchError(f"augmentation {path.name}: needed a Python file {path}, got none there; check the path")
    spec = importlib.util.spec_from_file_location(f"mixbench_own_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        with nothing_beside(path):
            spec.loader.exec_module(module)
    except MixBenchError as error:
        said = str(error).removeprefix(f"augmentation {path.name}: ")
        raise MixBenchError(f"augmentation {path}: {said}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's file raises becomes one line
        raise MixBenchError(f"augmentation {path}: cannot be run: {fault(error, path)}; mend the file") from None
    refuse_neighbours(path)
    return module


def fault(error: BaseException, file: Path | None, hook: Callable[..., Any] | None = None) -> str:
    """Say what was raised and at which of the user's lines: the last in `file`, else where the hook begins."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if file and Path(frame.filename).absolute() == file]
    where = f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else place(hook)
    if not where and not isinstance(error, SyntaxError):
        where = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}"
    return f"{type(error).__name__}: {error}" + (f" ({where})" if where else "")


def place(thing: Any) -> str:
    """Return 'file.py, line n' of where a class or function begins, or nothing where that is not known."""
    try:
        return f"{Path(inspect.getsourcefile(thing) or '').name}, line {inspect.getsourcelines(thing)[1]}"
    except (TypeError, OSError):
        return ""
