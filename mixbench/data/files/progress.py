"""A bar for long passes over many files; silent where stderr is no terminal, and in worker processes."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

GROUP = 512
"""Files whose results are held at once."""

SHARE = 16
"""Files that a thread takes at once, since a small image takes no longer than handing it over."""

Name = TypeVar("Name")
Result = TypeVar("Result")


def in_threads(title: str, work: Callable[[Name], Result], names: Sequence[Name]) -> Generator[Result, None, None]:
    """Yield work(name) for every name, in order, from as many threads as there are cores, a bar beside it."""

    def several(start: int) -> list[Result]:
        return [work(name) for name in names[start : start + SHARE]]

    console = Console(stderr=True)
    quiet = not console.is_terminal or multiprocessing.parent_process() is not None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        ThreadPoolExecutor(os.cpu_count() or 1) as pool,
        Progress(*columns, console=console, transient=True, disable=quiet) as progress,
    ):
        task = progress.add_task(title, total=len(names))
        for group in range(0, len(names), GROUP):
            for results in pool.map(several, range(group, min(group + GROUP, len(names)), SHARE)):
                yield from results
                progress.advance(task, len(results))
