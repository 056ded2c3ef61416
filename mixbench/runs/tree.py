"""The files below a board's folder: checked for links, listed, compared, written, copied, put on the disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from mixbench.spec.errors import MixBenchError


def check_folder(board: Path) -> None:
    """MixBenchError where a board is no folder of its own."""
    if not stat.S_ISDIR(board.lstat().st_mode):
        raise MixBenchError(f"board {board}: needed a folder, got a link or a file; give the folder itself")


def no_regular_file(board: Path, path: str | Path) -> MixBenchError:
    """Return the refusal of something in a board that is neither a folder nor a regular file."""
    return MixBenchError(f"board {board}: {os.fspath(path)!r} is a link or no regular file; remove it")


def check_tree(board: Path, leave_out: tuple[str, ...] = ()) -> None:
    """MixBenchError where a board or anything in it is neither a folder nor a regular file, such as a link.

    `leave_out` are entries of the board that are not looked into.
    """
    check_folder(board)
    folders = [board]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    path = Path(entry.path)
                    folders += [] if path.parent == board and path.name in leave_out else [path]
                elif not entry.is_file(follow_symlinks=False):
                    raise no_regular_file(board, entry.path)


def put(folder: Path, name: str, content: bytes) -> None:
    """Write a new file below a staged folder, in the place of a hard link; the old board's file stays as it is.

    MixBenchError for a name that leads out of the folder.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\\" in name or ".." in parts:
        raise MixBenchError(f"board: needed a file name within the board, got {name!r}")
    path = folder.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def files_below(folder: Path) -> dict[str, Path]:
    """Return every file below a folder by its relative name with slashes, sorted."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return dict(sorted(found.items()))


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """Return the names whose content is not the same in both, sorted."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def link_tree(source: Path, target: Path, leave_out: tuple[str, ...]) -> None:
    """Copy a folder's entries but some, files as hard links where the file system has them."""
    for path in sorted(source.iterdir()):
        if path.name in leave_out:
            continue
        if path.is_dir():
            (target / path.name).mkdir()
            link_tree(path, target / path.name, ())
        else:
            _link(path, target / path.name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Some file systems have no hard links.
        shutil.copy2(source, target)


def sync_tree(folder: Path) -> None:
    """Put on the disk what is new below a folder."""
    for path in folder.rglob("*"):
        # A hard link to the board's file was on the disk before.
        if path.is_dir() or path.stat().st_nlink == 1:
            sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Put a file or a folder's entries on the disk, where the system can be told to."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
