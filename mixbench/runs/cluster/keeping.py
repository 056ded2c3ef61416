"""What a job keeps on the way goes to the shared folder meanwhile, so that it goes on elsewhere if its machine dies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from mixbench.runs.cluster.shared import Shared
from mixbench.spec.errors import MixBenchError

EVERY = 5.0
"""Seconds between two looks at whether there is something new."""

Seen = dict[str, int]
"""When each file was written last, by its name."""


@contextmanager
def keeping(names: Sequence[str], shared: Shared, folder: Path) -> Iterator[None]:
    """Fetch what was kept under some names, publish it inside whenever it changed, and remove there what went here.

    What cannot be published is tried again at the next look: the job goes on without.
    """
    if not names:
        yield
        return
    with shared.errors():
        for name in names:
            shared.fetch(name, folder)
    ended, seen = Event(), _written(names, folder)
    watch = Thread(target=_watch, args=(names, shared, folder, seen, ended), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()
        _publish(names, shared, folder, seen)


def _watch(names: Sequence[str], shared: Shared, folder: Path, seen: Seen, ended: Event) -> None:
    while not ended.wait(EVERY):
        _publish(names, shared, folder, seen)


def _publish(names: Sequence[str], shared: Shared, folder: Path, seen: Seen) -> None:
    now = _written(names, folder)
    with suppress(MixBenchError), shared.errors():
        for name in [name for name in seen if name not in now]:
            shared.drop(name)
            del seen[name]
        for name in [name for name in now if now[name] != seen.get(name)]:
            shared.publish(name, folder)
            seen[name] = now[name]


def _written(names: Sequence[str], folder: Path) -> Seen:
    """All files that are whole; what is being written has a name of its own."""
    paths = [path for name in names for path in (folder / name).glob("*") if path.suffix != ".partial"]
    found: Seen = {}
    for path in paths:
        with suppress(FileNotFoundError):
            found[path.relative_to(folder).as_posix()] = path.stat().st_mtime_ns
    return found
