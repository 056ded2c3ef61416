"""Official files that are missing: from where they are published or from MIXBENCH_MIRROR, always verified."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from mixbench.data.files.download import DiskFull, Unavailable, download
from mixbench.data.files.places import home
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data


@dataclass(frozen=True)
class Remote:
    """A file as it is distributed: its name, where, its checksum as `md5:…` or `sha256:…`, its bytes."""

    name: str
    url: str
    checksum: str
    size: int


def fetch(data: Data, below: str, remotes: Sequence[Remote]) -> Path:
    """Return the folder `below` MIXBENCH_DATA (or the cache) that has all files, downloading those it lacks.

    Several processes may ask at once: one downloads, the others find the files. MixBenchError where a file cannot be
    had, the disk is full or the folder cannot be written.
    """
    names = ", ".join(remote.name for remote in remotes)
    if data.path is not None:
        raise MixBenchError(
            f"data {data.name}: needed {names} in {data.path}, got no such files; mend the suite's path"
        )
    folder = home() / below
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".fetch.lock"):
            _fetch_missing(data, folder, remotes)
    except (OSError, NotImplementedError) as error:
        raise MixBenchError(
            f"data {data.name}: needed to write {names} to {folder}, got {error};"
            " make it writable, or set MIXBENCH_DATA to a folder that is"
        ) from None
    return folder


def _fetch_missing(data: Data, folder: Path, remotes: Sequence[Remote]) -> None:
    missing = [remote for remote in remotes if not (folder / remote.name).is_file()]
    for remote in missing:
        url = _url(remote, folder.name)
        try:
            _make_room(folder, remote)
            with _progress(remote) as advance:
                download(url, folder / remote.name, remote.checksum, remote.size, advance)
        except Unavailable as error:
            names = ", ".join(each.name for each in missing if not (folder / each.name).is_file())
            raise MixBenchError(
                f"data {data.name}: needed {names} in {folder}, got nothing usable from {url} ({error}); put the files"
                f" there, or set MIXBENCH_MIRROR to a base URL that has {folder.name}/{remote.name}"
            ) from None
        except DiskFull:
            raise _too_small(data, folder, remote) from None


def _url(remote: Remote, data_set: str) -> str:
    mirror = os.environ.get("MIXBENCH_MIRROR")
    return f"{mirror.rstrip('/')}/{data_set}/{remote.name}" if mirror else remote.url


def _make_room(folder: Path, remote: Remote) -> None:
    partial = folder / f"{remote.name}.partial"
    there = partial.stat().st_size if partial.is_file() else 0
    if shutil.disk_usage(folder).free < remote.size - there:
        raise DiskFull


def _too_small(data: Data, folder: Path, remote: Remote) -> MixBenchError:
    return MixBenchError(
        f"data {data.name}: needed {remote.size / 1e6:.1f} MB for {remote.name} in {folder}, got a full disk;"
        " free some space, or set MIXBENCH_DATA to a folder on another disk"
    )


@contextmanager
def _progress(remote: Remote) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(remote.name, total=remote.size)
        yield lambda amount: progress.advance(task, amount)
