"""A strict reader of .npz files from strangers: sizes known before anything is unpacked, plain little-endian arrays."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

import numpy as np

MAX_FILE = 50_000_000
MAX_CONTENT = 200_000_000
MAX_ARRAYS = 200
BROKEN = (OSError, ValueError, EOFError, RuntimeError, MemoryError, struct.error, zipfile.BadZipFile, zlib.error)
"""What reading a hostile archive may raise."""

_MAX_DIRECTORY = 400 * MAX_ARRAYS
_END = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR = 20
_LOCAL, _LOCAL_SIZES = 30, 20
"""Bytes of a member's own header, and of the sizes for large files that may follow its name."""

_NAME = re.compile(r"[a-z0-9][A-Za-z0-9_.]{0,99}\.npy")
_MAGIC = b"\x93NUMPY\x01\x00"
# What numpy.save writes for plain types; numpy's own reader evaluates the text.
_HEADER = re.compile(
    r"\{'descr': '([<|][biuf][1248])', 'fortran_order': (True|False), 'shape': \(((?:\d{1,12}, ?)*\d{0,12})\), \} *\n"
)


def read_npz(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz by name; one of BROKEN for anything but plain arrays within the limits."""
    with open_npz(content) as archive:
        return {member.filename.removesuffix(".npy"): read_member(archive, member) for member in archive.infolist()}


def open_npz(content: bytes) -> zipfile.ZipFile:
    """Return an .npz as the archive that it is; one of BROKEN where its directory or members exceed the limits."""
    count = _check_end(content)
    archive = zipfile.ZipFile(io.BytesIO(content))
    _check_members(archive.infolist(), count)
    return archive


def check_packed(content: bytes) -> None:
    """One of BROKEN where an .npz has bytes that belong to no array: comments, gaps, what follows a stream."""
    with open_npz(content) as archive:
        place = 0
        for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
            if member.header_offset != place or member.comment or member.extra:
                raise ValueError(f"{member.filename!r} with bytes before it or a comment")
            place = _end_of(content, member)
        if place != archive.start_dir:
            raise ValueError("bytes after the last array")


def _end_of(content: bytes, member: zipfile.ZipInfo) -> int:
    """Where a member ends, whose local header has its name and at most the sizes for large files beside it."""
    start = member.header_offset
    name, extra = struct.unpack_from("<2H", content, start + _LOCAL - 4)
    first = start + _LOCAL + name + extra
    packed = content[first : first + member.compress_size]
    if content[start + _LOCAL :][:name] != member.orig_filename.encode() or extra not in (0, _LOCAL_SIZES):
        raise ValueError(f"{member.filename!r} under another name or with a note")
    if member.compress_type == zipfile.ZIP_DEFLATED:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        stream.decompress(packed, member.file_size + 1)
        if stream.unused_data or not stream.eof:
            raise ValueError(f"{member.filename!r} with bytes after its end")
    return first + member.compress_size


def _check_end(content: bytes) -> int:
    """Return the number of members; the directory's size is bounded before zipfile reads it, and is the only one."""
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
    return count


def _check_members(members: list[zipfile.ZipInfo], count: int) -> None:
    if len(members) != count:
        raise ValueError(f"an archive with {len(members)} of {count} arrays")
    names = [member.orig_filename for member in members]
    for member in members:
        if not _NAME.fullmatch(member.orig_filename):
            raise ValueError(f"{member.orig_filename[:80]!r}, which is no array's name")
        if names.count(member.orig_filename) > 1:
            raise ValueError(f"{member.orig_filename!r} twice")
        if member.flag_bits & 0x41 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{member.orig_filename!r} encrypted or compressed in another way than deflate")
    if (total := sum(member.file_size for member in members)) > MAX_CONTENT:
        raise ValueError(f"{total} bytes of arrays, at most {MAX_CONTENT}")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Return one array of an opened .npz; one of BROKEN for anything but a plain array."""
    with archive.open(member) as file:
        # At most the declared size is unpacked; the checksum of what was read is compared at its end.
        content = file.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise ValueError(f"{member.filename!r} with {len(content)} bytes, {member.file_size} declared")
    return _array(member.filename, content)


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
