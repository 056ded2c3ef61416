"""NumPy's arrays as a pickle describes them, built from its parts by steps of our own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

TYPES = ("b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8")
OBJECTS = "O8"


class Refused(Exception):
    """Something that no data set needs; `str` names it."""


@dataclass(eq=False)
class PendingType:
    """A type that the file names first and describes then; `code` has the byte order once it is described."""

    name: str
    code: str | None = None

    def describe(self, state: tuple[Any, ...]) -> None:
        """Take NumPy's state of a type: version, byte order, and what only structured types have."""
        order, *structure = state[1:5]
        if self.name not in (*TYPES, OBJECTS) or order not in ("<", ">", "|") or structure != [None, None, None]:
            raise Refused(f"an array of type {self.name[:20]!r}")
        self.code = order + self.name


@dataclass(eq=False)
class PendingArray:
    """An array that the file announces first and describes then."""

    value: Any = None

    def describe(self, state: tuple[Any, ...]) -> None:
        """Take NumPy's state of an array: version, shape, type, order, content; one of objects becomes its list."""
        _, shape, kind, fortran, content = state
        if only(kind, PendingType).name == OBJECTS:
            self.value = only(content, list)
        else:
            self.value = array(_raw(content), only(kind.code, str), only(shape, tuple), bool(fortran))


def array(raw: bytes, code: str, shape: tuple[int, ...], fortran: bool) -> np.ndarray:
    """Return an array of its own from raw bytes; ValueError where they are not as many as type and shape say."""
    kind = np.dtype(code)
    if kind.hasobject or any(not isinstance(length, int) or length < 0 for length in shape):
        raise ValueError(f"an array of shape {shape} and type {kind}")
    if math.prod(shape) * kind.itemsize != len(raw):
        raise ValueError(f"{len(raw)} bytes for an array of shape {shape} and type {kind}")
    flat = np.frombuffer(raw, kind).astype(kind.newbyteorder("="))
    return flat.reshape(shape, order="F" if fortran else "C")


def only(value: Any, kind: Any) -> Any:
    """Return a value of a type (or one of several), refuse another."""
    if not isinstance(value, kind):
        raise Refused(f"a {type(value).__name__} out of place")
    return value


def _announce(*_: Any) -> PendingArray:
    return PendingArray()


def _class(*_: Any) -> Any:
    raise Refused("a call of numpy.ndarray")


def _type(name: Any, *_: Any) -> PendingType:
    return PendingType(only(name, str))


def _scalar(kind: Any, content: Any) -> Any:
    return array(_raw(content), only(only(kind, PendingType).code, str), (), False).item()


def _encode(text: Any, encoding: Any) -> bytes:
    if encoding != "latin1":
        raise Refused("an encoding other than latin1")
    return _raw(only(text, str))


def _no_bytes() -> bytes:
    return b""


def _raw(content: Any) -> bytes:
    # Python 2's byte strings come as text by Latin-1.
    return content.encode("latin-1") if isinstance(content, str) else only(content, bytes)


GLOBALS: dict[str, Callable[..., Any]] = {
    "numpy.core.multiarray _reconstruct": _announce,
    "numpy._core.multiarray _reconstruct": _announce,
    "numpy.core.multiarray scalar": _scalar,
    "numpy._core.multiarray scalar": _scalar,
    "numpy ndarray": _class,
    "numpy dtype": _type,
    "_codecs encode": _encode,
    "__builtin__ bytes": _no_bytes,
}
"""What a file may name, as `module name`, and the step of ours that stands for it."""
