"""Read pickled arrays, lists and dicts without running anything: an interpreter that knows only what such files need.

Python's own unpickler calls whatever a file names. This one walks the opcodes (pickletools names them) and builds plain
values itself; a global that is none of NumPy's few for an array is refused by name.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any

from mixbench.data.files.pickled import GLOBALS, PendingArray, PendingType, Refused, only
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain

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
            if opcode.name not in STEPS:
                raise Refused(f"the opcode {opcode.name}")
            STEPS[opcode.name](machine, value)
        return _finished(machine.stack.pop())
    except Refused as refused:
        raise MixBenchError(
            f"{where}: needed a pickle of plain arrays and lists, got one with {plain(str(refused))}, which is refused"
            " and was not run; get the file from its publisher"
        ) from None
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise MixBenchError(
            f"{where}: needed a pickle of plain arrays and lists, got a damaged one ({plain(str(error))});"
            " get the file again"
        ) from None


class _Machine:
    """The stack, what lies below each mark, and the memo."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def recall(self, index: int) -> None:
        self.push(self.memo[index])

    def remember(self, index: int | None) -> None:
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def mark(self, _: Any) -> None:
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def take(self, count: int) -> list[Any]:
        start = len(self.stack) - count
        if start < 0:
            raise IndexError("its stack is empty")
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def append(self, items: list[Any]) -> None:
        only(self.stack[-1], list).extend(items)

    def set_items(self, items: list[Any]) -> None:
        table = only(self.stack[-1], dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            # A deeply nested tuple as a key would overflow the stack when hashed.
            table[only(key, (str, int))] = value

    def name(self, name: str) -> None:
        if name not in GLOBALS:
            raise Refused(f"the global {name.replace(' ', '.')[:80]}")
        self.push(GLOBALS[name])

    def call(self, _: Any) -> None:
        function, arguments = self.take(2)
        if not any(function is known for known in GLOBALS.values()):
            raise Refused("a call out of place")
        self.push(function(*only(arguments, tuple)))

    def build(self, _: Any) -> None:
        (state,) = self.take(1)
        only(self.stack[-1], (PendingArray, PendingType)).describe(only(state, tuple))


def _finished(value: Any) -> Any:
    """Put arrays where they were announced: at the top, in the top's dict, in the dict of a list of one."""
    if isinstance(value, PendingArray):
        value = value.value
    if isinstance(value, dict):
        return {key: each.value if isinstance(each, PendingArray) else each for key, each in value.items()}
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return [_finished(value[0])]
    return value


STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("NONE", *NUMBERS, *TEXTS, *BYTES), _Machine.push),
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda machine, _: None),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.recall),
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.take(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.take(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.take(3))),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "MARK": _Machine.mark,
    "APPEND": lambda machine, _: machine.append(machine.take(1)),
    "APPENDS": lambda machine, _: machine.append(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.set_items(machine.take(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": lambda machine, _: machine.name(" ".join(only(part, str) for part in machine.take(2))),
    "REDUCE": _Machine.call,
    "BUILD": _Machine.build,
}
"""Every opcode that is followed; the others are refused."""
