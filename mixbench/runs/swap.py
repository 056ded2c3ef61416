"""The one step that exchanges two folders, where system and file system have it."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

_NO_SUCH_STEP = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def swap(first: Path, second: Path) -> bool:
    """Exchange two folders in one atomic step; False where system or file system has no such step."""
    call = _swap_call()
    if call is None:
        return False
    if call(os.fsencode(first), os.fsencode(second)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_SUCH_STEP:
        return False
    raise OSError(code, os.strerror(code), str(second))


@cache
def _swap_call() -> Callable[[bytes, bytes], int] | None:
    """Linux: renameat2 with RENAME_EXCHANGE (2), from the current folder (-100). macOS: renamex_np, RENAME_SWAP (2)."""
    if sys.platform.startswith("linux"):
        name, before, between = "renameat2", (-100,), (-100,)
    elif sys.platform == "darwin":
        name, before, between = "renamex_np", (), ()
    else:
        return None
    function: Callable[..., int] | None = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        return None
    return lambda first, second: function(*before, first, *between, second, ctypes.c_uint(2))
