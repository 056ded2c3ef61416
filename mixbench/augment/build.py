"""From a spec's text to the augmentation it names, and back to the one canonical text."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pydantic import ValidationError

from mixbench.augment.compose import Choice, Composition
from mixbench.augment.own import Own, is_own, load_own
from mixbench.augment.protocol import Augmentation, parameters_of
from mixbench.augment.table import BY_NAME
from mixbench.spec.errors import MixBenchError, did_you_mean, explain
from mixbench.spec.grammar import Method, parse, write


def augmentation(spec: str) -> Augmentation:
    """Return the augmentation that a spec names: one method, or the composition of several.

    MixBenchError with the position for a spec that is malformed, unknown, out of range or does not combine.
    """
    if not isinstance(spec, str):
        got = type(spec).__name__
        raise MixBenchError(f"augmentation: needed a spec as text, such as 'mixup(alpha=8)', got {got}")
    parts = composition(spec).parts
    return parts[0] if len(parts) == 1 else composition(spec)


def composition(spec: str, sources: Mapping[str, str] | None = None) -> Composition:
    """Return a spec as the composition of its parts, which is what a training takes; errors as augmentation.

    `sources` says where the files of a canonical spec's own methods lie.
    """
    return Composition.of([_choice(spec, methods, sources or {}) for methods in parse(spec)])


def without_own(spec: str) -> str:
    """Return a spec without a user's own methods, whose files need not be here; erm where nothing is left."""
    kept = [[method for method in choice if not is_own(method.name)] for choice in parse(spec)]
    return "+".join("|".join(map(_written, choice)) for choice in kept if choice) or "erm"


def _written(method: Method) -> str:
    return f"{method.name}({','.join(f'{name}={write(value)}' for name, value in method.params.items())})"


def canonical(augmentation: Augmentation) -> str:
    """Write an augmentation's canonical spec, with all parameters and in the order of effect."""
    if isinstance(augmentation, Composition):
        return "+".join(canonical(part) for part in augmentation.parts)
    if isinstance(augmentation, Choice):
        return "|".join(canonical(option) for option in augmentation.options)
    params = parameters(augmentation)
    return augmentation.name + (f"({','.join(f'{name}={value}' for name, value in params.items())})" if params else "")


def brief(spec: str) -> str:
    """Write a spec for people, with the parameters that differ from the defaults; other than our own methods stay.

    Nobody's file is run for it.
    """
    try:
        known = all(method.name in BY_NAME for methods in parse(spec) for method in methods)
        return _brief(composition(spec)) if known else spec
    except MixBenchError:
        return spec


def _brief(augmentation: Augmentation) -> str:
    if isinstance(augmentation, Composition):
        return "+".join(_brief(part) for part in augmentation.parts)
    if isinstance(augmentation, Choice):
        return "|".join(_brief(option) for option in augmentation.options)
    usual = parameters(type(augmentation)())
    changed = [f"{name}={value}" for name, value in parameters(augmentation).items() if value != usual[name]]
    return augmentation.name + (f"({','.join(changed)})" if changed else "")


def parameters(augmentation: Augmentation) -> dict[str, str]:
    """Return a method's parameters as its canonical spec writes them."""
    if isinstance(augmentation, Own):
        return {name: write(value) for name, value in augmentation.params.items()}
    return {field.name: write(getattr(augmentation, field.name)) for field in parameters_of(augmentation)}


def versions(augmentation: Augmentation) -> dict[str, int | str]:
    """Return the version of each method that an augmentation is made of, for a training's digest."""
    if isinstance(augmentation, Composition):
        return {name: each for part in augmentation.parts for name, each in versions(part).items()}
    if isinstance(augmentation, Choice):
        return {name: each for option in augmentation.options for name, each in versions(option).items()}
    libraries = [f"{name} {version(name)}" for name in augmentation.libraries]
    return {
        augmentation.name: ", ".join([str(augmentation.version), *libraries]) if libraries else augmentation.version
    }


def forward_passes(spec: str) -> int:
    """Count a spec's forward passes of the model a training step; a method of one's own, which is not run, has one."""
    known = [method for methods in parse(spec) for method in methods if method.name in BY_NAME]
    return max((_make(spec, method, {}).forward_passes for method in known), default=1)


def passes_without_gradient(spec: str) -> int:
    """Count those of a spec's forward passes that no gradient goes back through."""
    known = [method for methods in parse(spec) for method in methods if method.name in BY_NAME]
    return max((_make(spec, method, {}).passes_without_gradient for method in known), default=0)


def sources(augmentation: Augmentation) -> dict[str, str]:
    """Return where the file of each of a user's own methods lies, by its name in the canonical spec."""
    if isinstance(augmentation, (Composition, Choice)):
        members = augmentation.parts if isinstance(augmentation, Composition) else augmentation.options
        return {name: path for member in members for name, path in sources(member).items()}
    return (
        {augmentation.name: str(augmentation.source)} if isinstance(augmentation, Own) and augmentation.source else {}
    )


def _choice(spec: str, methods: list[Method], sources: Mapping[str, str]) -> Augmentation:
    options = [_make(spec, method, sources) for method in methods]
    return options[0] if len(options) == 1 else Choice(options)


def _make(spec: str, method: Method, sources: Mapping[str, str]) -> Augmentation:
    if method.name not in BY_NAME and is_own(method.name):
        return load_own(method.name, method.params, sources)
    if method.name not in BY_NAME:
        raise MixBenchError(
            f"augmentation {spec!r}: unknown method {method.name!r} at position {method.position};"
            f" 'mixbench list augs' shows them.{did_you_mean(method.name, BY_NAME)}"
        )
    kind: Any = BY_NAME[method.name]
    try:
        return kind(**method.params)
    except ValidationError as error:
        known = [field.name for field in parameters_of(kind)]
        culprit = str(error.errors()[0]["loc"][0])
        where = method.positions.get(culprit, method.position)
        takes = f"takes {', '.join(known)}" if known else "takes no parameters"
        hint = "" if culprit in known else did_you_mean(culprit, known)
        raise MixBenchError(
            f"augmentation {spec!r}, position {where}: {explain(error)}; {method.name} {takes}.{hint}"
        ) from None
