"""A user's own method: a class in a file, or one that an installed package offers."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from mixbench.augment.arguments import as_generator
from mixbench.augment.beside import nothing_beside
from mixbench.augment.hooks import check_claims, check_signatures
from mixbench.augment.own_file import class_in_file, fault
from mixbench.augment.protocol import ANY_KIND, Augmentation
from mixbench.augment.traits import Change, Claim, Stage, stage_of, words
from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.grammar import Value

ENTRY_POINTS = "mixbench.augmentations"


class Own(Augmentation):
    """A method from outside, behind the protocol: any class with at least one of its hooks.

    `mix` may leave out the context. `version` is the SHA-256 of its file, or its package's name and version. An
    instance without a name is given its class's, which its learned module goes by.
    """

    def __init__(
        self, instance: Any, params: Mapping[str, Value], name: str, version: str, source: Path | None = None
    ) -> None:
        """Take an instance; MixBenchError for words, or parameters of a hook, that the protocol does not know."""
        kind = type(instance)
        self.instance, self.params = instance, dict(params)
        self.name, self.version, self.source = name, version, source
        if not hasattr(instance, "name"):
            # Frozen classes too; one with slots keeps no name, and then asks for none.
            with suppress(AttributeError):
                object.__setattr__(instance, "name", kind.__name__)
        self.kinds = ANY_KIND
        self.stage = stage_of(getattr(self.instance, "stage", Stage.MIX), kind.__name__)
        self.paper = getattr(self.instance, "paper", "") or "a user's own"
        self.claims = frozenset(words(Claim, getattr(self.instance, "claims", ()), kind.__name__, "claims"))
        self.changes = words(Change, getattr(self.instance, "changes", ()), kind.__name__, "changes")
        check_signatures(instance, _HOOKS)
        check_claims(instance, self.claims)

    @property
    def learned_name(self) -> str:
        """The instance's own name, which does not change with its file's."""
        return getattr(self.instance, "name", type(self.instance).__name__)

    def __getattribute__(self, hook: str) -> Any:
        """Answer the protocol's hooks by the user's where there is one."""
        if hook in _HOOKS and hasattr(self.instance, hook):
            found = getattr(self.instance, hook)
            return _guarded(self, hook, found) if callable(found) else found
        return super().__getattribute__(hook)


_HOOKS = (
    *("mix", "prepare", "learner", "criterion", "log_probabilities", "link", "loss"),
    *("forward_passes", "dense_targets", "mean_colour_exemption", "target_sum_exemption"),
)


def _guarded(own: Own, hook: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Turn whatever a user's hook raises into one line; a mix that knows no context is called without."""
    blind = hook == "mix" and len(inspect.signature(call).parameters) <= 3

    def guarded(*args: Any, **named: Any) -> Any:
        if hook == "mix" and len(args) > 2:
            args = (*args[:2], as_generator(args[2]), *args[3:])
        try:
            with nothing_beside(own.source):
                made = call(*args[:3]) if blind else call(*args, **named)
            return _like(args, made) if hook == "mix" else made
        except MixBenchError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's hook raises becomes one line
            said = fault(error, own.source, call)
            raise MixBenchError(f"augmentation {own.name}: its {hook} failed: {said}; mend the file") from None

    return guarded


def _like(given: Sequence[Any], made: Any) -> Any:
    """Pass on what a mix made; TypeError unless that is images and targets in the shapes that were given."""
    needed, got = [tuple(each.shape) for each in given[:2]], [getattr(each, "shape", None) for each in made]
    if needed != [shape and tuple(shape) for shape in got]:
        raise TypeError(f"needed images and targets of shapes {needed}, got {[str(shape) for shape in got]}")
    return made


def around(thing: Any) -> Augmentation:
    """Return a method as it is, and a class, made by its defaults, or an instance from outside behind the protocol."""
    instance = thing() if isinstance(thing, type) else thing
    return instance if isinstance(instance, Augmentation) else Own(instance, {}, type(instance).__name__, "unsaved")


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
        with nothing_beside(source):
            bound = inspect.signature(kind).bind(**params)
            bound.apply_defaults()
            return Own(kind(**params), dict(bound.arguments), name, version, source)
    except MixBenchError as error:
        raise MixBenchError(f"augmentation {name}: {error}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's class raises becomes one line
        raise MixBenchError(
            f"augmentation {name}: does not take {dict(params)}: {fault(error, source, kind)}"
        ) from None


def _installed(entry: EntryPoint) -> tuple[type, str, str, None]:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown package"
    return entry.load(), entry.name, package, None


def _from_file(name: str, sources: Mapping[str, str]) -> tuple[type, str, str, Path]:
    kind, name, path = class_in_file(name, sources)
    return kind, name, file_digest(path), path
