"""A board's folders replaced whole: made beside the old one, then exchanged in one step that no kill cuts in two."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from mixbench.runs.swap import swap
from mixbench.spec.errors import MixBenchError

WORKSHOP = ".submit"
"""The folder in a board that has its lock and what is not finished; it keeps itself out of git."""

LOCK = "lock"


class Workshop:
    """Where a board's next folders are made, by whoever holds the board's lock.

    `new` has folders under way, `old` those moved away where the system has no exchange, `incoming` what was submitted.
    """

    def __init__(self, board: Path) -> None:
        self.board = board
        self.new, self.old, self.incoming = (board / WORKSHOP / name for name in ("new", "old", "incoming"))

    def stage(self, name: str, leave_out: tuple[str, ...] = ()) -> Path:
        """Return a copy of a board's folder, or a new one, without some of its entries; files are hard links."""
        staged = self.new / name
        staged.mkdir(parents=True)
        if (self.board / name).is_dir():
            _link_tree(self.board / name, staged, leave_out)
        return staged

    def exchange(self, name: str) -> None:
        """Put a staged folder in the place of the board's, after everything in it is on the disk."""
        staged, final = self.new / name, self.board / name
        _sync_tree(staged)
        if not final.exists():
            staged.rename(final)
        elif not swap(staged, final):
            self._two_renames(staged, final)
        _sync(self.board)

    def _two_renames(self, staged: Path, final: Path) -> None:
        """Replace a folder where the system has no exchange; a kill between the two is mended by the next `clear`."""
        self.old.mkdir(exist_ok=True)
        final.rename(self.old / final.name)
        staged.rename(final)

    def clear(self) -> None:
        """Remove what was not finished; a folder that was moved away and not replaced goes back."""
        for moved in self.old.iterdir() if self.old.is_dir() else ():
            if not (self.board / moved.name).exists():
                moved.rename(self.board / moved.name)
        for folder in (self.new, self.old, self.incoming):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def workshop(board: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[Workshop]:
    """Hold a board's lock; `waiting` is called where another process has it.

    A killed run's leftovers are cleared first, this run's at the end. MixBenchError where the board cannot be written
    or has anything but folders and regular files.
    """
    try:
        board.mkdir(exist_ok=True)
        _check_entrance(board)
        made = Workshop(board)
        (board / WORKSHOP).mkdir(exist_ok=True)
        with _locked(board / WORKSHOP / LOCK, waiting):
            check_tree(board)
            put(board / WORKSHOP, ".gitignore", b"*\n")
            made.clear()
            try:
                yield made
            finally:
                made.clear()
    except OSError as error:
        raise MixBenchError(f"board {board}: needed to write there, got {error}; nothing was half done") from None


def _check_entrance(board: Path) -> None:
    """MixBenchError where the way to a board's lock leads elsewhere; all else another process may be changing."""
    _check_board(board)
    for path, is_right in ((board / WORKSHOP, stat.S_ISDIR), (board / WORKSHOP / LOCK, stat.S_ISREG)):
        if os.path.lexists(path) and not is_right(path.lstat().st_mode):
            raise _strange(board, path)


def _check_board(board: Path) -> None:
    if not stat.S_ISDIR(board.lstat().st_mode):
        raise MixBenchError(f"board {board}: needed a folder, got a link or a file; give the folder itself")


def _strange(board: Path, path: str | Path) -> MixBenchError:
    return MixBenchError(f"board {board}: {os.fspath(path)!r} is a link or no regular file; remove it")


def check_tree(board: Path, leave_out: tuple[str, ...] = ()) -> None:
    """MixBenchError where a board or anything in it is neither a folder nor a regular file, such as a link.

    `leave_out` are entries of the board that are not looked into.
    """
    _check_board(board)
    folders = [board]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    path = Path(entry.path)
                    folders += [] if path.parent == board and path.name in leave_out else [path]
                elif not entry.is_file(follow_symlinks=False):
                    raise _strange(board, entry.path)


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


def _link_tree(source: Path, target: Path, leave_out: tuple[str, ...]) -> None:
    for path in sorted(source.iterdir()):
        if path.name in leave_out:
            continue
        if path.is_dir():
            (target / path.name).mkdir()
            _link_tree(path, target / path.name, ())
        else:
            _link(path, target / path.name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Some file systems have no hard links.
        shutil.copy2(source, target)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        # A hard link to the board's file was on the disk before.
        if path.is_dir() or path.stat().st_nlink == 1:
            _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """Return the names whose content is not the same in both, sorted."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
