"""A bar for long passes over many files; silent where stderr is no terminal, and in worker processes."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

GROUP = 512
"""Files whose results are held at once."""

Name = TypeVar("Name")
Result = TypeVar("Result")


def in_threads(title: str, work: Callable[[Name], Result], names: Sequence[Name]) -> Generator[Result, None, None]:
    """Yield work(name) for every name, in order, from as many threads as there are cores, a bar beside it."""
    console = Console(stderr=True)
    quiet = not console.is_terminal or multiprocessing.parent_process() is not None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    remaining = iter(names)
    with (
        ThreadPoolExecutor(os.cpu_count() or 1) as pool,
        Progress(*columns, console=console, transient=True, disable=quiet) as progress,
    ):
        task = progress.add_task(title, total=len(names))
        while group := list(islice(remaining, GROUP)):
            for result in pool.map(work, group):
                yield result
                progress.advance(task)
