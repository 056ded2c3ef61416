"""Who runs a request's jobs, by name, and where its runs folder lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from mixbench.runs import engine, together
from mixbench.runs.request import Engine
from mixbench.runs.store import Store, runs_folder, url_of
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.torchrun import processes

Runs = str | os.PathLike[str] | None
"""A runs folder as it is asked for; None for the usual one."""

DEFAULT_ENGINE = "local"


@dataclass(frozen=True)
class Venue:
    """An engine with its runs folder: the folder as this machine sees it, its store, and how many jobs run at once.

    `address` is the URL where the folder is a copy; `workers` is None where this machine's cores say it.
    """

    run: Engine
    folder: Path
    store: Store
    workers: int | None = None
    address: str | None = None

    def __str__(self) -> str:
        return f"{self.address}, copied to {self.folder}" if self.address else str(self.folder)


@dataclass(frozen=True)
class EngineRow:
    """What an engine's name stands for: its venue on a runs folder, and what it needs.

    `joined` is its venue where torchrun's processes run a command together; `elsewhere` says that jobs run on other
    machines than this one, `packages` what is imported and `extra` what brings them.
    """

    alone: Callable[[Runs], Venue]
    joined: Callable[[Runs], Venue] | None = None
    elsewhere: bool = False
    packages: tuple[str, ...] = ()
    extra: str = ""

    def venue(self, runs: Runs, torchrun: bool = False) -> Venue:
        """Return the engine with its runs folder, MixBenchError for one that it cannot work on.

        `torchrun` is for a command that torchrun's processes may run together.
        """
        together = self.joined if torchrun and processes() > 1 else None
        return (together or self.alone)(runs)


def engine_named(name: str) -> EngineRow:
    """Return an engine's row; MixBenchError for an unknown name, a missing package, and what torchrun cannot start."""
    row = ENGINES.get(str(name))
    if row is None:
        raise unknown("engine", str(name), ENGINES, f"one of {', '.join(ENGINES)}")
    for package in row.packages:
        if find_spec(package) is None:
            raise MixBenchError(
                f"--engine {name}: needed {package}, got none installed; pip install 'mixbench[{row.extra}]'"
            )
    if processes() > 1 and row.joined is None:
        raise MixBenchError(
            f"--engine {name}: needed one process, got torchrun's; it starts its own, leave torchrun out"
        )
    return row


def _local(runs: Runs) -> Venue:
    folder = runs_folder(runs)
    return Venue(engine.run, folder, Store(folder))


def _local_joined(runs: Runs) -> Venue:
    return replace(_local(runs), run=together.run, workers=1)


def _ray(runs: Runs) -> Venue:
    from mixbench.runs.cluster.engine import RayEngine
    from mixbench.runs.cluster.mirror import Mirror
    from mixbench.runs.cluster.shared import Shared

    address = url_of(runs)
    if address is None:
        folder = runs_folder(runs)
        store = Store(folder)
        return Venue(RayEngine(Shared(str(folder.absolute())), store).run, folder, store, workers=1)
    mirror = Mirror(Shared(address))
    mirror.refresh()
    return Venue(RayEngine(mirror.shared, mirror).run, mirror.runs, mirror, 1, address)


ENGINES = {
    "local": EngineRow(_local, joined=_local_joined),
    "ray": EngineRow(_ray, elsewhere=True, packages=("fsspec", "ray"), extra="ray"),
}
