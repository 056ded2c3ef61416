"""The record's augmentation: known, canonical, with versions and, where it is somebody's own, its source as text."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Collection, Iterator

from mixbench.board.superseded import outdated
from mixbench.results.found import CLAIMS
from mixbench.results.record import EXTERNAL, Source
from mixbench.spec.errors import MixBenchError, did_you_mean
from mixbench.spec.grammar import Method, parse, write
from mixbench.submission.checks.case import Case, Facts, is_contributed

_LIBRARY = r"[A-Za-z0-9.+!_-]{1,40}"
_LAYOUT = frozenset("\n\t")
MAX_COLUMNS = 200
"""Characters of a line of a contributed method's file."""


def check_spec(case: Case) -> Iterator[str]:
    """Name, canonical form, versions and link."""
    record = case.record
    if record.augmentation == EXTERNAL:
        yield "augmentation: weights that were trained elsewhere are good for mixbench check, not for a board"
        return
    try:
        choices = parse(record.augmentation)
    except MixBenchError as error:
        yield str(error)
        return
    methods = [method for choice in choices for method in choice]
    yield from _check_names(case, methods)
    if record.augmentation != _written(choices):
        yield f"augmentation: needed the canonical {_written(choices)}, got {record.augmentation}"
    # What an older version's parameters were is not known any more.
    elif old := outdated(record):
        if case.home == CLAIMS:
            yield f"method_versions: of {', '.join(old)} there is a newer version; measure again"
    else:
        yield from _check_meaning(case, methods)
        yield from _check_together(case, choices)
    yield from _check_versions(case, methods)


def _check_names(case: Case, methods: list[Method]) -> Iterator[str]:
    for method in methods:
        if method.name not in case.known.methods and not is_contributed(method.name):
            hint = did_you_mean(method.name, case.known.methods)
            yield f"augmentation: unknown method {method.name!r}; 'mixbench list augs' shows them.{hint}"
        elif is_contributed(method.name) and (imitated := _imitated(method.name, case.known.methods)):
            yield f"augmentation: {method.name!r} is named as MixBench's own {imitated}; give it a name of its own"


def _imitated(name: str, methods: Collection[str]) -> str:
    """Return MixBench's method that a contributed one's file or class is called as, or nothing."""
    file, _, own = name.rpartition(":")
    words = {_letters(file.removesuffix(".py")), _letters(own)}
    return next((method for method in sorted(methods) if _letters(method) in words), "")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _check_meaning(case: Case, methods: list[Method]) -> Iterator[str]:
    """A spec of built-in methods as a whole; of a mixed one the built-in methods, each alone."""
    known = [method for method in methods if method.name in case.known.methods]
    texts = [case.record.augmentation] if len(known) == len(methods) else [_method(each) for each in known]
    for text in texts:
        try:
            facts = case.known.describe(text)
        except MixBenchError as error:
            yield str(error)
            continue
        if facts.canonical != text:
            yield f"augmentation: needed the canonical {facts.canonical}, got {text}"
        yield from _check_facts(case, facts)
        if len(known) == len(methods) and case.record.link != facts.link:
            yield f"link: needed {facts.link!r}, which belongs to the augmentation, got {case.record.link!r}"


def _check_together(case: Case, choices: list[list[Method]]) -> Iterator[str]:
    """Of a spec with somebody's own method: none twice, none idle, and built-in ones that combine."""
    names = [method.name for choice in choices for method in choice]
    if not any(map(is_contributed, names)):
        return
    for name in sorted(name for name in set(names) if names.count(name) > 1):
        yield f"augmentation: {name!r} is given {names.count(name)} times; keep one"
    if "erm" in names and len(names) > 1:
        yield "augmentation: erm adds nothing to other methods; leave it out"
    own = ([method for method in choice if method.name in case.known.methods] for choice in choices)
    try:
        case.known.describe("+".join("|".join(map(_method, each)) for each in own if each) or "erm")
    except MixBenchError as error:
        yield str(error)


def _check_facts(case: Case, facts: Facts) -> Iterator[str]:
    for name, version in facts.versions.items():
        said = case.record.method_versions.get(name)
        if said is not None and not _is_version(said, version):
            yield f"method_versions.{name}: needed {version} or an earlier one, got {said!r}"


def _is_version(said: int | str, now: int | str) -> bool:
    number, *libraries = str(now).split(", ")
    if not libraries:
        return type(said) is int and 1 <= said <= int(number)
    pattern = ", ".join([r"([1-9]\d{0,5})", *(f"{re.escape(each.split(' ')[0])} {_LIBRARY}" for each in libraries)])
    match = re.fullmatch(pattern, str(said))
    return isinstance(said, str) and match is not None and int(match[1]) <= int(number)


def _check_versions(case: Case, methods: list[Method]) -> Iterator[str]:
    needed, said = {method.name for method in methods}, set(case.record.method_versions)
    if needed != said:
        yield f"method_versions: needed those of {', '.join(sorted(needed))}, got {', '.join(sorted(said)) or 'none'}"


def check_sources(case: Case) -> Iterator[str]:
    """Somebody's own methods: each with its file as text and the digest that the training was made with."""
    record = case.record
    needed = {name for name in record.method_versions if is_contributed(name)}
    for name in sorted(needed - set(record.sources)):
        yield f"sources: needed the file of {name}, got none; measure again with the file at hand"
    for name in sorted(set(record.sources) - needed):
        yield f"sources.{name}: belongs to no method of the augmentation"
    for name, source in record.sources.items():
        yield from _check_source(name, source, record.method_versions.get(name))


def _check_source(name: str, source: Source, version: int | str | None) -> Iterator[str]:
    if source.file != name.rpartition(":")[0]:
        yield f"sources.{name}.file: needed {name.rpartition(':')[0]!r}, got {source.file!r}"
    found = hashlib.sha256(source.text.encode("utf-8", "surrogatepass")).hexdigest()
    if found != source.sha256:
        yield f"sources.{name}.text: needed the sha256 {source.sha256}, got {found}; it was edited"
    if version is not None and version != source.sha256:
        yield f"method_versions.{name}: needed the source's sha256 {source.sha256}, got {version!r}"
    yield from _check_text(name, source.text.replace("\r\n", "\n"))


def _check_text(name: str, text: str) -> Iterator[str]:
    """Python that reads as it runs: ASCII, nothing far to the right, with the class that is named."""
    place = f"sources.{name}.text"
    strange = [letter for letter in text if letter not in _LAYOUT and not (letter.isascii() and letter.isprintable())]
    if strange:
        yield f"{place}: needed printable ASCII, got {_names(sorted(set(strange)))}; write it otherwise"
    lines = text.replace("\t", "    ").split("\n")
    if (longest := max(map(len, lines))) > MAX_COLUMNS:
        yield f"{place}: a line of {longest} characters, at most {MAX_COLUMNS}; nobody reads that far"
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield f"{place}: needed Python, got what it cannot parse"
        return
    own = name.rpartition(":")[2]
    if own not in {each.name for each in tree.body if isinstance(each, ast.ClassDef)}:
        yield f"{place}: needed a class {own}, got none of that name at its top level"


def _names(letters: list[str]) -> str:
    return ", ".join(f"U+{ord(letter):04X}" for letter in letters[:10])


def _written(choices: list[list[Method]]) -> str:
    return "+".join("|".join(_method(method) for method in choice) for choice in choices)


def _method(method: Method) -> str:
    params = ",".join(f"{name}={write(value)}" for name, value in method.params.items())
    return f"{method.name}({params})" if params else method.name
