"""The augmentation spec's grammar: text → methods with parameters, and parameters → text.

spec   := choice ('+' choice)*            cutmix+label_smoothing(epsilon=0.2)
choice := method ('|' method)*            mixup(alpha=8)|cutmix
method := name ['(' [param (',' param)*] ')']
param  := word '=' value
value  := number | word | '[' value (',' value)* ']'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from mixbench.spec.errors import MixBenchError

MAX_LENGTH = 1000
MAX_NESTING = 3
Value = bool | int | float | str | None | tuple["Value", ...]

_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_WORD = r"[^\s+|(),=\[\]]"
_TOKEN = re.compile(rf"\s*(?P<token>[+|(),=\[\]]|{_NUMBER}(?!{_WORD})|{_WORD}+)")
_WORDS = {"true": True, "false": False, "none": None}
_PUNCTUATION = "+|(),=[]"


@dataclass(frozen=True)
class Method:
    """One method of a spec as written: its name, its parameters and where each stands (from 1)."""

    name: str
    position: int
    params: dict[str, Value]
    positions: dict[str, int]


def parse(text: str) -> list[list[Method]]:
    """Read a spec: the outer list is joined by '+', each inner one by '|'; MixBenchError with the position."""
    if len(text) > MAX_LENGTH:
        raise MixBenchError(f"augmentation spec: at most {MAX_LENGTH} characters, got {len(text)}; shorten it")
    return _Parser(text).spec()


def write(value: Value) -> str:
    """Write a parameter's value the one way that the canonical spec has it; parse reads it back unchanged."""
    if isinstance(value, tuple):
        return f"[{','.join(write(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def spec(self) -> list[list[Method]]:
        choices = [self._choice()]
        while self._accept("+"):
            choices.append(self._choice())
        if self._peek():
            self._fail("'+', '|' or the end")
        return choices

    def _choice(self) -> list[Method]:
        methods = [self._method()]
        while self._accept("|"):
            methods.append(self._method())
        return methods

    def _method(self) -> Method:
        position = self._position()
        name = self._word("a method's name")
        params: dict[str, Value] = {}
        positions: dict[str, int] = {}
        if self._accept("(") and not self._accept(")"):
            self._param(params, positions)
            while self._accept(","):
                self._param(params, positions)
            self._expect(")", "',' or ')'")
        return Method(name, position, params, positions)

    def _param(self, params: dict[str, Value], positions: dict[str, int]) -> None:
        position = self._position()
        name = self._word("a parameter such as alpha=1.0")
        if name in params:
            raise MixBenchError(
                f"augmentation {self.text!r}: parameter {name!r} at position {position} is given twice; keep one"
            )
        self._expect("=", f"'=' after {name!r}")
        params[name], positions[name] = self._value(), position

    def _value(self, depth: int = 0) -> Value:
        if depth == MAX_NESTING or not self._accept("["):
            return _scalar(self._word("a value"))
        items = [self._value(depth + 1)]
        while self._accept(","):
            items.append(self._value(depth + 1))
        self._expect("]", "',' or ']'")
        return tuple(items)

    def _peek(self) -> str:
        match = _TOKEN.match(self.text, self.at)
        return match["token"] if match else ""

    def _position(self) -> int:
        match = _TOKEN.match(self.text, self.at)
        return (match.start("token") if match else len(self.text)) + 1

    def _accept(self, token: str) -> bool:
        match = _TOKEN.match(self.text, self.at)
        if not match or match["token"] != token:
            return False
        self.at = match.end()
        return True

    def _expect(self, token: str, needed: str) -> None:
        if not self._accept(token):
            self._fail(needed)

    def _word(self, needed: str) -> str:
        match = _TOKEN.match(self.text, self.at)
        if not match or match["token"] in _PUNCTUATION:
            self._fail(needed)
        self.at = match.end()
        return match["token"]

    def _fail(self, needed: str) -> NoReturn:
        got = repr(self._peek()) if self._peek() else "the end"
        raise MixBenchError(
            f"augmentation {self.text!r}: needed {needed} at position {self._position()}, got {got};"
            " the form is name(parameter=value)+name"
        )


def _scalar(word: str) -> Value:
    if re.fullmatch(_NUMBER, word):
        return int(word) if word.lstrip("-").isdigit() else float(word)
    return _WORDS.get(word, word)
