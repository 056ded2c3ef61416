"""A user's own method: a class in a file, or one that an installed package offers."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from mixbench.augment.protocol import Augmentation, Change, Claim, Stage, stage_of, words
from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError, did_you_mean
from mixbench.spec.grammar import Value

ENTRY_POINTS = "mixbench.augmentations"


class Own(Augmentation):
    """A method from outside, behind the protocol: any class with at least one of its hooks.

    `mix` may leave out the context. `version` is the SHA-256 of its file, or its package's name and version.
    """

    def __init__(self, kind: type, params: Mapping[str, Value], name: str, version: str, source: Path | None) -> None:
        """Make the class with its parameters; TypeError or whatever it raises for parameters it does not take."""
        bound = inspect.signature(kind).bind(**params)
        bound.apply_defaults()
        self.params = dict(bound.arguments)
        self.instance: Any = kind(**params)
        self.name, self.version, self.source = name, version, source
        self.stage = stage_of(getattr(self.instance, "stage", Stage.MIX), kind.__name__)
        self.paper = getattr(self.instance, "paper", "") or "a user's own"
        self.claims = frozenset(words(Claim, getattr(self.instance, "claims", ()), kind.__name__, "claims"))
        self.changes = words(Change, getattr(self.instance, "changes", ()), kind.__name__, "changes")

    def __getattribute__(self, hook: str) -> Any:
        """Answer the protocol's hooks by the user's where there is one."""
        if hook in _HOOKS and hasattr(self.instance, hook):
            found = getattr(self.instance, hook)
            return _guarded(self.name, hook, found) if callable(found) else found
        return super().__getattribute__(hook)


_HOOKS = (
    *("mix", "prepare", "learner", "criterion", "log_probabilities", "link", "loss"),
    *("forward_passes", "dense_targets", "mean_colour_exemption"),
)


def _guarded(name: str, hook: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Turn whatever a user's hook raises into one line; a mix that knows no context is called without."""
    blind = hook == "mix" and len(inspect.signature(call).parameters) <= 3

    def guarded(*args: Any, **named: Any) -> Any:
        try:
            made = call(*args[:3]) if blind else call(*args, **named)
            return _like(args, made) if hook == "mix" else made
        except MixBenchError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's hook raises becomes one line
            raise MixBenchError(f"augmentation {name}: its {hook} failed: {_line(error)}; mend the file") from None

    return guarded


def _like(given: Sequence[Any], made: Any) -> Any:
    """Pass on what a mix made; TypeError unless that is images and targets in the shapes that were given."""
    needed, got = [tuple(each.shape) for each in given[:2]], [getattr(each, "shape", None) for each in made]
    if needed != [shape and tuple(shape) for shape in got]:
        raise TypeError(f"needed images and targets of shapes {needed}, got {[str(shape) for shape in got]}")
    return made


def is_own(name: str) -> bool:
    """Whether a spec's name is a user's file and class, or an installed package's method."""
    return ".py:" in name or bool(entry_points(group=ENTRY_POINTS, name=name))


def load_own(name: str, params: Mapping[str, Value], sources: Mapping[str, str]) -> Own:
    """Make the method that `file.py:Class` or an entry point names.

    `sources` says where a file lies that was named before. MixBenchError where there is no such class or it refuses
    its parameters.
    """
    # What a stranger prints is no part of what a command gives.
    with redirect_stdout(sys.stderr):
        return _load(name, params, sources)


def _load(name: str, params: Mapping[str, Value], sources: Mapping[str, str]) -> Own:
    installed = [] if ".py:" in name else list(entry_points(group=ENTRY_POINTS, name=name))
    kind, name, version, source = _installed(installed[0]) if installed else _from_file(name, sources)
    try:
        return Own(kind, params, name, version, source)
    except MixBenchError as error:
        raise MixBenchError(f"augmentation {name}: {error}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's class raises becomes one line
        raise MixBenchError(f"augmentation {name}: does not take {dict(params)}: {_line(error)}") from None


def _installed(entry: EntryPoint) -> tuple[type, str, str, None]:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
    return entry.load(), entry.name, package, None


def _from_file(name: str, sources: Mapping[str, str]) -> tuple[type, str, str, Path]:
    file, class_name = name.rsplit(":", 1)
    path = Path(sources.get(name, file)).absolute()
    module = _run(path)
    kind = vars(module).get(class_name)
    if not isinstance(kind, type):
        classes = [key for key, value in vars(module).items() if isinstance(value, type)]
        hint = did_you_mean(class_name, classes)
        raise MixBenchError(f"augmentation {name}: needed a class {class_name} in {path}, got none.{hint}")
    return kind, f"{path.name}:{class_name}", file_digest(path), path


def _run(path: Path) -> Any:
    if not path.is_file():
        raise MixBenchError(f"augmentation {path.name}: needed a Python file {path}, got none there; check the path")
    spec = importlib.util.spec_from_file_location(f"mixbench_own_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except MixBenchError as error:
        raise MixBenchError(f"augmentation {path}: {error}; mend the file") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's file raises becomes one line
        raise MixBenchError(f"augmentation {path}: cannot be run: {_line(error)}; mend the file") from None
    return module


def _line(error: BaseException) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(where.filename).name}, line {where.lineno})"
