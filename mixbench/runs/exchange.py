"""A board's folders replaced whole: made beside the old one, then exchanged in one step that no kill cuts in two."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mixbench.runs.swap import swap
from mixbench.runs.tree import check_folder, check_tree, link_tree, no_regular_file, put, sync, sync_tree
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
            link_tree(self.board / name, staged, leave_out)
        return staged

    def exchange(self, name: str) -> None:
        """Put a staged folder in the place of the board's, after everything in it is on the disk."""
        staged, final = self.new / name, self.board / name
        sync_tree(staged)
        if not final.exists():
            staged.rename(final)
        elif not swap(staged, final):
            self._two_renames(staged, final)
        sync(self.board)

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
    check_folder(board)
    for path, is_right in ((board / WORKSHOP, stat.S_ISDIR), (board / WORKSHOP / LOCK, stat.S_ISREG)):
        if os.path.lexists(path) and not is_right(path.lstat().st_mode):
            raise no_regular_file(board, path)


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
