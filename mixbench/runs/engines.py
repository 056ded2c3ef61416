"""Who runs a request's jobs, by name, and where its runs folder lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mixbench.runs import engine, together
from mixbench.runs.request import Engine
from mixbench.runs.store import Store, runs_folder, url_of
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.torchrun import processes

ENGINES = ("local", "ray")


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


def venue_of(name: str, runs: str | os.PathLike[str] | None) -> Venue:
    """Return an engine with its runs folder; MixBenchError for one that is not there or cannot work on that folder."""
    if name == "local":
        folder = runs_folder(runs)
        if processes() > 1:
            return Venue(together.run, folder, Store(folder), workers=1)
        return Venue(engine.run, folder, Store(folder))
    if name == "ray" and processes() > 1:
        raise MixBenchError("--engine ray: needed one process, got torchrun's; it starts its own, leave torchrun out")
    if name == "ray":
        return _on_ray(runs)
    raise unknown("engine", name, ENGINES, "leave it out")


def _on_ray(runs: str | os.PathLike[str] | None) -> Venue:
    from mixbench.runs.cluster.connection import ray_library
    from mixbench.runs.cluster.engine import RayEngine
    from mixbench.runs.cluster.mirror import Mirror
    from mixbench.runs.cluster.shared import Shared

    ray_library()
    address = url_of(runs)
    if address is None:
        folder = runs_folder(runs)
        store = Store(folder)
        return Venue(RayEngine(Shared(str(folder.absolute())), store).run, folder, store, workers=1)
    mirror = Mirror(Shared(address))
    mirror.refresh()
    return Venue(RayEngine(mirror.shared, mirror).run, mirror.runs, mirror, 1, address)
