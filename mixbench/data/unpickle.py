"""Read pickled arrays, lists and dicts without running anything: an interpreter that knows only what such files need.

Python's own unpickler calls whatever a file names. This one walks the opcodes (pickletools names them) and builds plain
values itself; a global that is none of NumPy's few for an array is refused by name.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

GLOBALS = {
    "numpy.core.multiarray _reconstruct": "array",
    "numpy._core.multiarray _reconstruct": "array",
    "numpy.core.multiarray scalar": "scalar",
    "numpy._core.multiarray scalar": "scalar",
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "_codecs encode": "encode",
}
"""What a file may name, as `module name`; each stands for a step of ours, never for the function."""
TYPES = {"b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"}
OBJECTS = "O8"
NUMBERS = ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT")
TEXTS = ("BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")
BYTES = ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8")


def unpickle(content: bytes, where: str) -> Any:
    """Return what a pickle of protocol 2 to 4 holds: dicts, lists, tuples, strings, numbers, arrays of numbers.

    Python 2's byte strings come as str by Latin-1; an array of objects comes as its list. MixBenchError, which begins
    with `where`, for everything else.
    """
    machine = _Machine()
    try:
        for opcode, value, _ in pickletools.genops(content):
            STEPS.get(opcode.name, _unexpected(opcode.name))(machine, value)
        return _finished(machine.stack.pop())
    except _Refused as refused:
        raise MixBenchError(
            f"{where}: needed a pickle of plain arrays and lists, got one with {refused}, which is refused and was not"
            " run; get the file from its publisher"
        ) from None
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise MixBenchError(
            f"{where}: needed a pickle of plain arrays and lists, got a damaged one ({error}); get the file again"
        ) from None


def array(raw: bytes, code: str, shape: tuple[int, ...], fortran: bool) -> np.ndarray:
    """Return an array of its own from raw bytes; ValueError where they are not as many as type and shape say."""
    kind = np.dtype(code)
    if kind.hasobject or any(not isinstance(length, int) or length < 0 for length in shape):
        raise ValueError(f"an array of shape {shape} and type {kind}")
    if math.prod(shape) * kind.itemsize != len(raw):
        raise ValueError(f"{len(raw)} bytes for an array of shape {shape} and type {kind}")
    flat = np.frombuffer(raw, kind).astype(kind.newbyteorder("="))
    return flat.reshape(shape, order="F" if fortran else "C")


class _Refused(Exception):
    """Something that no data set needs; `str` names it."""


class _Pending:
    """An array or a type that the file is about to describe."""

    def __init__(self, step: str, code: str = "") -> None:
        self.step, self.code = step, code
        self.value: Any = None


class _Machine:
    """The stack, what lies below each mark, and the memo."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self, _: Any) -> None:
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def take(self, count: int) -> tuple[Any, ...]:
        if count > len(self.stack):
            raise IndexError("its stack is empty")
        items = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        return items

    def remember(self, index: Any) -> None:
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def append(self, items: list[Any]) -> None:
        _only(self.stack[-1], list).extend(items)

    def set_items(self, items: list[Any]) -> None:
        table = _only(self.stack[-1], dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            # A deeply nested tuple as a key would overflow the stack when hashed.
            table[_only(key, (str, int))] = value

    def name(self, name: str) -> None:
        if name not in GLOBALS:
            raise _Refused(f"the global {plain(name.replace(' ', '.'))[:80]}")
        self.push(GLOBALS[name])

    def call(self, _: Any) -> None:
        function, arguments = self.take(2)
        self.push(_call(function, _only(arguments, tuple)))

    def build(self, _: Any) -> None:
        (state,) = self.take(1)
        _describe(_only(self.stack[-1], _Pending), _only(state, tuple))


def _only(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise _Refused(f"a {type(value).__name__} out of place")
    return value


def _unexpected(name: str) -> Callable[[_Machine, Any], None]:
    def refuse(_: _Machine, __: Any) -> None:
        raise _Refused(f"the opcode {name}")

    return refuse


def _call(function: Any, arguments: tuple[Any, ...]) -> Any:
    if function == "encode":
        return _only(arguments[0], str).encode("latin-1")
    if function == "dtype":
        return _Pending("dtype", _only(arguments[0], str))
    if function == "array":
        return _Pending("array")
    if function == "scalar":
        kind, raw = arguments
        return array(_raw(raw), _typed(kind), (), False).item()
    raise _Refused("a call out of place")


def _describe(pending: _Pending, state: tuple[Any, ...]) -> None:
    if pending.step == "dtype":
        _describe_type(pending, state)
        return
    _, shape, kind, fortran, content = state
    if _only(kind, _Pending).code == OBJECTS:
        pending.value = _only(content, list)
        return
    pending.value = array(_raw(content), _typed(kind), _only(shape, tuple), bool(fortran))


def _typed(kind: Any) -> str:
    # A type that was never described would be NumPy's default, float64.
    return _only(_only(kind, _Pending).value, str)


def _raw(content: Any) -> bytes:
    return content.encode("latin-1") if isinstance(content, str) else _only(content, bytes)


def _describe_type(pending: _Pending, state: tuple[Any, ...]) -> None:
    order, *parts = state[1:5]
    if pending.code not in (*TYPES, OBJECTS) or any(part is not None for part in parts) or order not in ("<", ">", "|"):
        raise _Refused(f"an array of type {pending.code[:20]!r}")
    pending.value = order + pending.code


def _finished(value: Any) -> Any:
    """Put arrays where their descriptions were, at the top and within the top's dict."""
    if isinstance(value, _Pending):
        value = value.value
    if isinstance(value, dict):
        return {key: each.value if isinstance(each, _Pending) else each for key, each in value.items()}
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return [_finished(value[0])]
    return value


STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys((*NUMBERS, *TEXTS, *BYTES), _Machine.push),
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda machine, _: None),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, index: machine.push(machine.memo[index])),
    "NONE": _Machine.push,
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "TUPLE1": lambda machine, _: machine.push(machine.take(1)),
    "TUPLE2": lambda machine, _: machine.push(machine.take(2)),
    "TUPLE3": lambda machine, _: machine.push(machine.take(3)),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "MARK": _Machine.mark,
    "APPEND": lambda machine, _: machine.append(list(machine.take(1))),
    "APPENDS": lambda machine, _: machine.append(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.set_items(list(machine.take(2))),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": lambda machine, _: machine.name(" ".join(_only(part, str) for part in machine.take(2))),
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
}
"""Every opcode that is followed; the others are refused."""
