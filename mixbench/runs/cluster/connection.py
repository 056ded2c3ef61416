"""The connection to Ray: the only place that imports it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from mixbench.runs.cluster.resources import Node
from mixbench.runs.worker import Message
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain


def ray_library() -> Any:
    """Return the library, its usage statistics off."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray  # pyright: ignore[reportMissingImports]
    import ray.exceptions  # pyright: ignore[reportMissingImports]

    return ray


@contextmanager
def connected() -> Iterator[Any]:
    """Yield Ray, connected to RAY_ADDRESS, else to the cluster that runs on this machine, else to one of its own.

    Who was connected before stays so. MixBenchError where there is no cluster at the address.
    """
    ray, address = ray_library(), os.environ.get("RAY_ADDRESS", "")
    if "://" in address:
        raise MixBenchError(
            f"--engine ray: needed RAY_ADDRESS as HOST:PORT, got {plain(address)}; run on a machine of the cluster, or"
            " by 'ray job submit'"
        )
    # Ray prints what its own log has to say between the records on stdout.
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        mine = not ray.is_initialized()
        if mine:
            _connect(ray, address)
        try:
            yield ray
        finally:
            if mine:
                ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    heard = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, TimeoutError, ValueError) as error:
        said = plain(str(error).partition("\n")[0])
        raise MixBenchError(
            f"--engine ray: needed a cluster at {address or 'this machine'}, got {said}; start one by 'ray start"
            f" --head', or {'unset RAY_ADDRESS' if address else 'set RAY_ADDRESS=local'} for this machine alone"
        ) from None
    finally:
        # Ray has the process end by its own way of SIGTERM.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, heard)


def nodes(ray: Any) -> list[Node]:
    """Return what each living machine of the cluster has."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def machine() -> Node:
    """Return what the machine has on which this task of Ray's runs."""
    ray = ray_library()
    here = ray.get_runtime_context().get_node_id()
    return next(node["Resources"] for node in ray.nodes() if node["NodeID"] == here)


class Told:
    """Hears of all tasks and passes on what they say, an actor; nothing of it decides what is done."""

    def __init__(self) -> None:
        self._heard: list[tuple[int, Message]] = []
        self._some = asyncio.Event()

    async def tell(self, attempt: int, message: Message) -> None:
        """Hear what a task says, at its first, second … attempt."""
        self._heard.append((attempt, message))
        self._some.set()

    async def heard(self) -> list[tuple[int, Message]]:
        """Return what was said since the last time, once there is something."""
        await self._some.wait()
        self._some.clear()
        heard, self._heard = self._heard, []
        return heard
