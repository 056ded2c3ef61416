"""Lean outcomes: on a board, what all records of a suite have alike (labels, masks, pairs) is kept once beside them.

An outcomes file there may leave these arrays out and say where they belong instead. Together with those of
`shared.npz` its bytes are the whole file's, which the record's sha256 is of, whatever packs arrays on this machine.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mixbench.results.arrays import BY_NAME
from mixbench.results.found import RECORDS, SUPERSEDED
from mixbench.results.npz import BROKEN, MAX_ARRAYS, Archive, check_gaps, joined, open_npz

SHARED = "shared.npz"
PLACES = "shared_places"
"""The array by which lean outcomes are known: where each shared array belongs in the whole, in the shared order."""

_MOST_PLACES = 200 + MAX_ARRAYS
"""Bytes of that array with its header."""


def shared_beside(path: Path) -> Path | None:
    """Return where the outcomes of a board's record have what they leave out; None where no board's records lie."""
    home = path.resolve().parent
    return home.parent / SHARED if home.name in (RECORDS, SUPERSEDED) else None


def is_lean(content: bytes) -> bool:
    """Whether outcomes leave out what lies beside them; bytes that are no archive do not."""
    # Most files are whole, and their directory is read once, by whoever wants the arrays.
    if PLACES.encode() not in content:
        return False
    try:
        return PLACES in open_npz(content).members
    except BROKEN:
        return False


def common(contents: Iterable[bytes]) -> bytes | None:
    """Return an archive of the arrays that are the suite's own and the same bytes in all outcomes; None without any."""
    first, *others = map(open_npz, contents)
    names = [
        name
        for name in first.members
        if name in BY_NAME and BY_NAME[name].shared and all(_same(first, other, name) for other in others)
    ]
    return _archive([(first, name) for name in names]) if names else None


def lean(content: bytes, shared: bytes) -> bytes:
    """Return outcomes without the shared arrays; as they are where one of these is missing or other bytes.

    One of BROKEN where either is no archive of arrays alone.
    """
    mine, theirs = open_npz(content), open_npz(shared)
    if is_lean(content) or not all(_same(mine, theirs, name) for name in theirs.members):
        return content
    order = list(mine.members)
    places = _packed([order.index(name) for name in theirs.members])
    made = _archive([*((mine, name) for name in order if name not in theirs.members), (places, PLACES)])
    return made if whole(made, shared) == content else content


def whole(content: bytes, shared: bytes) -> bytes:
    """Return what lean outcomes are together with the shared arrays; one of BROKEN where the two do not go together."""
    mine, theirs = open_npz(content), open_npz(shared)
    for archive in (mine, theirs):
        check_gaps(archive)
    made = [(mine, name) for name in mine.members if name != PLACES]
    places = _places(mine, len(theirs.members), len(made))
    for place, name in sorted(zip(places, theirs.members, strict=True)):
        made.insert(place, (theirs, name))
    return _archive(made)


def _places(archive: Archive, count: int, own: int) -> list[int]:
    """Where each of so many shared arrays belongs among so many own ones."""
    small = archive.members[PLACES].size <= _MOST_PLACES
    found = archive.read(PLACES) if small else np.zeros(0)
    if found.dtype != np.uint8 or found.shape != (count,):
        raise ValueError(f"{PLACES!r} for other than the {count} arrays of {SHARED}")
    places = [int(place) for place in found]
    if len(set(places)) < count or max(places) >= own + count:
        raise ValueError(f"{PLACES!r} with places that are none")
    return places


def _packed(places: list[int]) -> Archive:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{PLACES: np.array(places, dtype=np.uint8)})  # pyright: ignore[reportArgumentType]
    return open_npz(buffer.getvalue())


def _same(one: Archive, other: Archive, name: str) -> bool:
    return name in one.members and name in other.members and one.bytes_of(name) == other.bytes_of(name)


def _archive(members: Iterable[tuple[Archive, str]]) -> bytes:
    return joined((archive.bytes_of(name), archive.members[name].entry) for archive, name in members)
