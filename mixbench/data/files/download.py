"""One file over http, https or file: resumable, never more bytes than declared, complete and verified or not there."""

from __future__ import annotations

import errno
import http.client
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

from mixbench.data.files.checks import CHUNK, digest_of
from mixbench.spec.whole import put_on_disk

SCHEMES = ("http", "https", "file")
TIMEOUT = 30
"""Seconds without a byte."""


class Unavailable(Exception):
    """The other side did not send the file; `str` is why."""


class DiskFull(Exception):
    """Nothing more fits on the disk; what was written is gone."""


class _SameScheme(urllib.request.HTTPRedirectHandler):
    """Follow a redirect within http and https, never from https back to http."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        scheme = urlsplit(newurl).scheme
        if scheme not in (req.type, "https"):
            fp.close()
            raise Unavailable(f"it redirects from {req.type} to {scheme}, which is refused")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(url: str, path: Path, checksum: str, size: int, advance: Callable[[int], None]) -> None:
    """Put the file of a URL at a path, whole and verified.

    An earlier `.partial` file is continued where the server can; `advance` is told the bytes as they arrive.
    Unavailable where the other side fails, DiskFull where the disk does, OSError where the folder cannot be written.
    """
    if urlsplit(url).scheme not in SCHEMES:
        raise Unavailable(f"its URL starts with none of {', '.join(f'{each}://' for each in SCHEMES)}")
    partial = path.with_name(path.name + ".partial")
    if _have(partial) != size:
        _receive(url, partial, size, advance)
    _verify(partial, checksum)
    partial.replace(path)


def _have(partial: Path) -> int:
    return partial.stat().st_size if partial.is_file() else 0


def _verify(partial: Path, checksum: str) -> None:
    if (got := digest_of(partial, checksum.partition(":")[0])) != checksum:
        partial.unlink()
        raise Unavailable(f"the file has {got} instead of {checksum} and is thrown away")


def _receive(url: str, partial: Path, size: int, advance: Callable[[int], None]) -> None:
    have = _have(partial) if _have(partial) < size else 0
    with closing(_open(url, have)) as response:
        start = _start(response, have)
        _check_length(response, start, size)
        advance(start)
        try:
            end = _write(response, partial, start, size, advance)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            partial.unlink(missing_ok=True)
            raise DiskFull from None
    if end > size:
        partial.unlink()
        raise Unavailable(f"it sends more than {size} bytes, so it is another file")
    if end < size:
        raise Unavailable(f"it ended after {end} of {size} bytes: run it again to go on from there")


def _open(url: str, have: int) -> Any:
    """Return the response, asked to start at `have`, or from the start where the server refuses that."""
    headers = {"User-Agent": "mixbench", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        opener = urllib.request.build_opener(_SameScheme)
        return opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            return _open(url, 0)
        raise Unavailable(f"it answers {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(str(getattr(error, "reason", error))) from None


def _start(response: Any, have: int) -> int:
    """Return where the response's bytes begin: at `have` only where the server says so."""
    continues = getattr(response, "status", None) == http.HTTPStatus.PARTIAL_CONTENT
    return have if continues and response.headers.get("Content-Range", "").startswith(f"bytes {have}-") else 0


def _check_length(response: Any, start: int, size: int) -> None:
    # More digits than any file's length has would be too many for int.
    length = (response.headers.get("Content-Length") or "")[:19]
    if length.isdecimal() and start + int(length) != size:
        raise Unavailable(f"it offers {start + int(length)} bytes instead of {size}, so it is another file")


def _write(response: Any, partial: Path, start: int, size: int, advance: Callable[[int], None]) -> int:
    """Append what comes and return the length then; stops at the first byte too many."""
    end = start
    with partial.open("ab" if start else "wb") as file:
        while end <= size and (block := _block(response, size + 1 - end)):
            file.write(block)
            end += len(block)
            advance(len(block))
        put_on_disk(file)
    return end


def _block(response: Any, left: int) -> bytes:
    try:
        return response.read1(min(CHUNK, left))
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"the connection broke: {error!r}; run it again to go on from there") from None
