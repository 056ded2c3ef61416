"""The command line: parse, one call, print."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mixbench.cli.meant import unknown_command
from mixbench.cli.streams import abandon, open_streams, stoppable
from mixbench.runs import server
from mixbench.spec.errors import FULL, MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.stopping import STOPPED, Stopped
from mixbench.spec.torchrun import processes, rank

if TYPE_CHECKING:
    from cyclopts.exceptions import UnknownOptionError

MOST = 4000
"""Characters of the line on stderr."""

DONE, UNUSABLE, INTERRUPTED, UNREAD = 0, 2, 130, 141


def main(words: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 done, 1 a regression or an invalid submission, 2 unusable input with one line on stderr or a bug with its
    traceback there, 3 inconclusive, 130 interrupted, 143 told to stop, 141 without a word where what reads stdout has
    gone.
    """
    open_streams()
    if rank():
        # The first of torchrun's processes speaks for all.
        abandon(sys.stdout)
    try:
        with stoppable(), _server(words):
            code = _run(words)
            # What is still in the buffer may find its reader gone too.
            sys.stdout.flush()
            return code
    except KeyboardInterrupt as end:
        # After one that came through exec of a text, as dataclasses do, Python would end by SIGINT unless it runs anew.
        exec("")
        sys.stderr.write("mixbench: interrupted; what was finished is kept, the same command goes on from there\n")
        return STOPPED if isinstance(end, Stopped) else INTERRUPTED
    except BrokenPipeError:
        abandon(sys.stdout)
        abandon(sys.stderr)
        return UNREAD
    except OSError as error:
        if error.errno not in FULL:
            return _bug()
        abandon(sys.stdout)
        return _refuse(f"needed room to write, got {error}; free space or write elsewhere")
    except ModuleNotFoundError as error:
        # importlib.metadata's own kind is raised where MixBench itself is not installed.
        if (error.name or "").startswith("mixbench") and type(error) is ModuleNotFoundError:
            return _bug()
        return _refuse(f"needed the package {error.name} in {sys.prefix}, got none; install MixBench there with pip")
    except Exception:  # noqa: BLE001 - Python's own exit code for a bug is 1, which says a regression
        return _bug()


@contextmanager
def _server(words: Sequence[str] | None) -> Iterator[None]:
    """Let workers' libraries load beside the command's own; who calls with words of their own keeps the process.

    torchrun's processes have no workers.
    """
    if words is not None or processes() > 1:
        yield
        return
    server.begin_early(sys.argv[1:])
    try:
        yield
    finally:
        server.end()


def _run(words: Sequence[str] | None) -> int:
    from cyclopts import CycloptsError
    from cyclopts.exceptions import UnknownCommandError, UnknownOptionError, UnusedCliTokensError

    from mixbench.cli.app import app
    from mixbench.report.console import console

    try:
        code = app(words, console=console(), exit_on_error=False, print_error=False, result_action="return_value")
    except MixBenchError as error:
        return _refuse(str(error))
    except UnknownCommandError as error:
        return _refuse(unknown_command(next(iter(error.unused_tokens or ()), ""), _command(words)))
    except UnusedCliTokensError as error:
        extra = " ".join(error.unused_tokens or ())
        return _refuse(f"needed no {extra!r} there{_example(words)}. See 'mixbench {_command(words)}--help'.")
    except UnknownOptionError as error:
        return _refuse(f"{error}{_of_a_suite(error, words)} See 'mixbench {_command(words)}--help'.")
    except CycloptsError as error:
        return _refuse(f"{error} See 'mixbench {_command(words)}--help'.{_own_method(words)}")
    return code if isinstance(code, int) else DONE


def _refuse(message: str) -> int:
    sys.stderr.write(f"mixbench: {plain(' '.join(message.split()), MOST)}\n")
    return UNUSABLE


def _bug() -> int:
    traceback.print_exc()
    return UNUSABLE


def _own_method(words: Sequence[str] | None) -> str:
    """Say which command checks a method, where 'check' was given one."""
    given = list(sys.argv[1:] if words is None else words)
    methods = [word for word in given[1:] if ".py:" in word]
    return f" To check a method: mixbench check-aug '{methods[0]}'." if given[:1] == ["check"] and methods else ""


def _command(words: Sequence[str] | None) -> str:
    from mixbench.cli.app import COMMANDS

    first, second, *_ = [*(sys.argv[1:] if words is None else words), "", ""]
    if first == "suite" and second in ("show", "new"):
        return f"suite {second} "
    return f"{first} " if first in COMMANDS else ""


def _example(words: Sequence[str] | None) -> str:
    from mixbench.cli.app import COMMANDS

    command = COMMANDS.get(_command(words).strip())
    return f"; an example: {command.example}" if command else ""


def _of_a_suite(error: UnknownOptionError, words: Sequence[str] | None) -> str:
    """Say where an option belongs that another command than `suite` was given, though a suite has it."""
    from mixbench.cli.suite import new

    option = (error.token.keyword or error.token.value or "").partition("=")[0]
    known = {f"--{name.replace('_', '-')}" for name in inspect.signature(new).parameters} - {"--set"}
    if option not in known or _command(words).startswith("suite"):
        return ""
    made = f"'mixbench suite new --from digits {option} … mine.toml'"
    return f" That is a suite's: {made} makes one, --suite mine.toml takes it."
