"""A strict reader of .npz files from strangers: sizes known before anything is unpacked, plain little-endian arrays."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

MAX_FILE = 50_000_000
MAX_CONTENT = 200_000_000
MAX_ARRAYS = 200
BROKEN = (OSError, ValueError, EOFError, RuntimeError, MemoryError, struct.error, zlib.error)
"""What reading a hostile archive may raise."""

_MAX_DIRECTORY = 400 * MAX_ARRAYS
_END, _ENTRY = struct.Struct("<4s4H2LH"), struct.Struct("<4s6H3L5H2L")
_ENTRY_OFFSET = 42
"""Where in an entry the member's place stands, four bytes."""

_LOCAL, _LOCAL_SIZES = struct.Struct("<4s5H3L2H"), 20
"""A member's own header, and how many bytes of sizes for large files may follow its name."""

_ZIP64_LOCATOR = 20
_STORED, _DEFLATED = 0, 8
_OBSCURED = 0x61
"""Flags of what is encrypted or a patch."""

_NAME = re.compile(r"[a-z0-9][A-Za-z0-9_.]{0,99}\.npy")
_MAGIC = b"\x93NUMPY\x01\x00"
# What numpy.save writes for plain types; numpy's own reader evaluates the text.
_HEADER = re.compile(
    r"\{'descr': '([<|][biuf][1248])', 'fortran_order': (True|False), 'shape': \(((?:\d{1,12}, ?)*\d{0,12})\), \} *\n"
)


class Member(NamedTuple):
    """One array as the directory has it: its name, how it is packed, and where; `entry` is what stands there."""

    name: str
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    offset: int
    notes: int
    entry: bytes


@dataclass(frozen=True)
class Archive:
    """The bytes of an .npz, its arrays by name, and where its directory starts."""

    content: bytes
    members: Mapping[str, Member]
    directory: int

    def read(self, name: str) -> np.ndarray:
        """Return one array; KeyError for another name, one of BROKEN for anything but a plain array."""
        member = self.members[name]
        return _array(member.name, _unpacked(member, self.content))

    def bytes_of(self, name: str) -> bytes:
        """Return a member as it stands there, from its own header to its end; errors as read."""
        member = self.members[name]
        return self.content[member.offset : _end_of(self.content, member)]


def read_npz(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz by name; one of BROKEN for anything but plain arrays within the limits."""
    archive = open_npz(content)
    return {name: archive.read(name) for name in archive.members}


def open_npz(content: bytes) -> Archive:
    """Return an .npz as the archive that it is; one of BROKEN where its directory or members exceed the limits."""
    members, start = _directory(content)
    _check_members(members)
    return Archive(content, {member.name.removesuffix(".npy"): member for member in members}, start)


def joined(members: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return an archive of members as they stand in others, each with its entry there."""
    body, directory, count = bytearray(), bytearray(), 0
    for found, entry in members:
        directory += entry[:_ENTRY_OFFSET] + len(body).to_bytes(4, "little") + entry[_ENTRY.size :]
        body += found
        count += 1
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)


def check_packed(content: bytes) -> None:
    """One of BROKEN where an .npz has bytes that belong to no array: comments, gaps, what follows a stream."""
    archive = open_npz(content)
    check_gaps(archive)
    for member in archive.members.values():
        _check_stream(content, member)


def check_gaps(archive: Archive) -> None:
    """One of BROKEN where an archive has bytes beside its members, or comments; nothing is unpacked."""
    place = 0
    for member in sorted(archive.members.values(), key=lambda member: member.offset):
        if member.offset != place or member.notes:
            raise ValueError(f"{member.name!r} with bytes before it or a comment")
        place = _end_of(archive.content, member)
    if place != archive.directory:
        raise ValueError("bytes after the last array")


def _end_of(content: bytes, member: Member) -> int:
    """Where a member ends, whose local header has its name and at most the sizes for large files beside it."""
    first, extra = _first(content, member)
    if extra not in (0, _LOCAL_SIZES):
        raise ValueError(f"{member.name!r} under another name or with a note")
    return first + member.packed


def _check_stream(content: bytes, member: Member) -> None:
    first, _ = _first(content, member)
    if member.method == _DEFLATED:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        stream.decompress(content[first : first + member.packed], member.size + 1)
        if stream.unused_data or not stream.eof:
            raise ValueError(f"{member.name!r} with bytes after its end")


def _first(content: bytes, member: Member) -> tuple[int, int]:
    """Where a member's bytes begin, and how many lie between its name and them."""
    magic, *_, name, extra = _LOCAL.unpack_from(content, member.offset)
    start = member.offset + _LOCAL.size
    if magic != b"PK\x03\x04" or content[start : start + name] != member.name.encode():
        raise ValueError(f"{member.name!r} under another name or with a note")
    return start + name + extra, extra


def _unpacked(member: Member, content: bytes) -> bytes:
    """At most the declared size is unpacked, and has to be all there is, with the checksum declared."""
    first, _ = _first(content, member)
    packed = content[first : first + member.packed]
    if member.method == _DEFLATED:
        found = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.size + 1)
    else:
        found = packed
    if len(found) != member.size:
        raise ValueError(f"{member.name!r} with {len(found)} bytes, {member.size} declared")
    if zlib.crc32(found) != member.checksum:
        raise ValueError(f"{member.name!r} with another checksum than declared")
    return found


def _directory(content: bytes) -> tuple[list[Member], int]:
    """The entries of the directory, which has to be as long as it says, and where it starts."""
    count, start = _check_end(content)
    members, place = [], start
    for _ in range(count):
        member, place = _entry(content, place)
        members.append(member)
    if place != len(content) - _END.size:
        raise ValueError(f"an archive whose directory has other than {count} arrays")
    return members, start


def _entry(content: bytes, place: int) -> tuple[Member, int]:
    entry = _ENTRY.unpack_from(content, place)
    (magic, _, _, flags, method, _, _, checksum, packed, size, name, extra, comment, *_, offset) = entry
    if magic != b"PK\x01\x02":
        raise ValueError("an archive whose directory is broken")
    first = place + _ENTRY.size
    called = content[first : first + name].decode("latin-1")
    end = first + name + extra + comment
    return Member(called, flags, method, checksum, packed, size, offset, extra + comment, content[place:end]), end


def _check_end(content: bytes) -> tuple[int, int]:
    """Return the number of members and where the directory starts, whose size is bounded and which is the only one."""
    start = len(content) - _END.size
    if not content.startswith(b"PK\x03\x04") or start < 0:
        raise ValueError("a file that is no zip archive of arrays")
    magic, disk, first, here, count, size, offset, comment = _END.unpack(content[start:])
    if magic != b"PK\x05\x06" or (disk, first, comment) != (0, 0, 0) or here != count or offset + size != start:
        raise ValueError("an archive whose directory is not at its end")
    if content[start - _ZIP64_LOCATOR :].startswith(b"PK\x06\x07"):
        raise ValueError("an archive with a second directory")
    if count > MAX_ARRAYS or size > _MAX_DIRECTORY:
        raise ValueError(f"{count} arrays, at most {MAX_ARRAYS}")
    return count, offset


def _check_members(members: list[Member]) -> None:
    names: set[str] = set()
    for member in members:
        if not _NAME.fullmatch(member.name):
            raise ValueError(f"{member.name[:80]!r}, which is no array's name")
        if member.name in names:
            raise ValueError(f"{member.name!r} twice")
        names.add(member.name)
        if member.flags & _OBSCURED or member.method not in (_STORED, _DEFLATED):
            raise ValueError(f"{member.name!r} encrypted or compressed in another way than deflate")
    if (total := sum(member.size for member in members)) > MAX_CONTENT:
        raise ValueError(f"{total} bytes of arrays, at most {MAX_CONTENT}")


def _array(name: str, content: bytes) -> np.ndarray:
    length = int.from_bytes(content[8:10], "little")
    header = _HEADER.fullmatch(content[10 : 10 + length].decode("latin-1"))
    if not content.startswith(_MAGIC) or not header:
        raise ValueError(f"{name!r}, which is no plain array of booleans, integers or floats")
    kind, order = np.dtype(header[1]), "F" if header[2] == "True" else "C"
    shape = tuple(int(side) for side in re.findall(r"\d+", header[3]))
    needed = 10 + length + kind.itemsize * int(np.prod(shape, dtype=object))
    if needed != len(content):
        raise ValueError(f"{name!r} with {len(content)} bytes, {needed} by its header")
    if kind.kind == "b" and content[10 + length :].translate(None, b"\x00\x01"):
        raise ValueError(f"{name!r} with booleans that are neither 0 nor 1")
    return np.frombuffer(content, kind, offset=10 + length).reshape(shape, order=order).copy(order)
