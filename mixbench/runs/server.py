"""The server that workers fork from: it loads torch once, from as early on as a command may be seen to need it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import Any

TORCH, LIGHT = "mixbench.runs.preload", "mixbench.runs.recording"
"""What it loads where any job needs torch, and where none does."""


def serving(preload: str) -> Any:
    """Return the context whose processes fork from the server, which is started unless it runs; else that of spawn."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload])
    with _deaf():
        forkserver.ensure_running()
    return context


def begin_early(words: Sequence[str]) -> None:
    """Start the server beside what a command still has to load, where the words are of one that trains."""
    trains = words[:1] in (["eval"], ["sweep"]) and not {"--plan", "--help", "-h"} & set(words)
    if trains and (os.cpu_count() or 1) > 1:
        serving(TORCH)


def end() -> None:
    """End the server, in the middle of loading too, where no worker was wanted."""
    server = getattr(getattr(forkserver, "_forkserver", None), "_forkserver_pid", None)
    if server is not None:
        os.kill(server, signal.SIGKILL)


@contextmanager
def _deaf() -> Iterator[None]:
    """Let what starts meanwhile never hear Ctrl-C or SIGTERM: the parent answers them, and a server that ended at once
    would take with it what its workers still have to keep."""
    if threading.current_thread() is not threading.main_thread():
        # Python changes signals in the main thread only.
        yield
        return
    before = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler or signal.SIG_DFL)
