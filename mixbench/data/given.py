"""Label noise from the world: a file of one given label a training image, such as CIFAR-10N's and CIFAR-100N's."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from mixbench.data.files.checks import digest_of
from mixbench.data.files.npy import BROKEN
from mixbench.data.files.pickled import array
from mixbench.data.files.unpickle import unpickle
from mixbench.spec.errors import MixBenchError, unknown
from mixbench.spec.plain import plain
from mixbench.spec.sections.data import Data

LIMIT = 1 << 28
"""Bytes that a file of labels may hold."""
CLEAN = "clean_label"
"""The key under which CIFAR-N's files repeat the data set's own labels."""


def given_labels(data: Data, true: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
    """Return the labels (N,) that the suite's file gives to the training images; `true` are the data set's own.

    The file is a .pt of torch.save or a .npy, either with a dict of arrays of which the suite's key names one, or a
    plain .npy, .csv or .txt. Nothing in it is run. Wei et al., Learning with Noisy Labels Revisited, 2022 (CIFAR-N).
    MixBenchError for another file than the suite's, another key, length or range, or labels in another order.
    """
    given = data.given_labels
    if given is None:
        raise MixBenchError(f"data {data.name}: needed given_labels, got none; add them to the suite's [data]")
    where = f"data {data.name}: given labels {given.file}"
    found = _read(where, _verified(where, Path(given.file), given.sha256))
    if isinstance(found, dict) and CLEAN in found:
        _check_order(where, _labels(where, found[CLEAN], len(true), data.classes), true)
    return torch.from_numpy(_labels(where, _chosen(where, found, given.key), len(true), data.classes))


def check_file(data: Data) -> None:
    """MixBenchError for a file of given labels that no training would take, as far as is seen without the images."""
    if data.given_labels is not None:
        where = f"data {data.name}: given labels {data.given_labels.file}"
        found = _read(where, _verified(where, Path(data.given_labels.file), data.given_labels.sha256))
        _labels(where, _chosen(where, found, data.given_labels.key), data.train_images, data.classes)


def _verified(where: str, path: Path, sha256: str) -> bytes:
    try:
        if path.stat().st_size > LIMIT:
            raise MixBenchError(f"{where}: needed at most {LIMIT} bytes, got more; name a file of labels")
        got = digest_of(path, "sha256")
        content = path.read_bytes()
    except OSError as error:
        raise MixBenchError(f"{where}: needed a readable file, got {error.strerror}; mend given_labels.file") from None
    if got != f"sha256:{sha256}":
        raise MixBenchError(f"{where}: needed sha256 {sha256}, got {got.partition(':')[2]}; get the suite's file")
    return content


def _read(where: str, content: bytes) -> Any:
    """Return a dict by key, or one array or list."""
    try:
        if content.startswith(b"PK"):
            return unpickle(_saved_by_torch(content), where)
        if content.startswith(b"\x93NUMPY"):
            return _saved_by_numpy(where, content)
        return _table(content)
    except (*BROKEN, csv.Error) as error:
        raise MixBenchError(
            f"{where}: needed a .pt, .npy, .csv or .txt of labels, got {plain(str(error))}; get the file again"
        ) from None


def _saved_by_torch(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith("/data.pkl")]
        if len(members) != 1 or members[0].file_size > LIMIT:
            raise ValueError("a zip file that torch.save did not write")
        return archive.read(members[0])


def _saved_by_numpy(where: str, content: bytes) -> Any:
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"a .npy file of version {version}")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, kind = read_header(file)
    if not kind.hasobject:
        return array(file.read(), kind.str, shape, fortran)
    found = unpickle(file.read(), where)
    return found[0] if shape == () and isinstance(found, list) and len(found) == 1 else found


def _table(content: bytes) -> Any:
    """Read comma-separated integers: one column, or columns under a header."""
    rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if row]
    if not rows:
        raise ValueError("an empty file")
    if any(len(row) != len(rows[0]) for row in rows):
        raise ValueError("rows of different length")
    names = None if all(_is_integer(cell) for cell in rows[0]) else [cell.strip() for cell in rows.pop(0)]
    if names is None and len(rows[0]) > 1:
        raise ValueError("several columns without a header")
    if not rows:
        raise ValueError("a header alone")
    columns = [list(column) for column in zip(*rows, strict=True)]
    return dict(zip(names, columns, strict=False)) if names and len(names) > 1 else columns[0]


def _is_integer(cell: Any) -> bool:
    text = cell.strip().removeprefix("-")
    return text.isascii() and text.isdecimal() and len(text) < 19


def _chosen(where: str, found: Any, key: str | None) -> Any:
    if not isinstance(found, dict):
        if key is not None:
            raise MixBenchError(f"{where}: needed a file with keys for key {key!r}, got plain labels; drop the key")
        return found
    known = [str(name) for name in found]
    names = plain(", ".join(known))
    if key is None:
        raise MixBenchError(f"{where}: needed a key, got none; the file has {names}")
    if key not in found:
        raise unknown(f"key of {where}:", key, known, f"the file has {names}")
    return found[key]


def _labels(where: str, found: Any, count: int, classes: int) -> np.ndarray:
    """Return int64 labels (count,) from 0 to classes − 1, from an array or a list of integers or their digits."""
    labels = found if isinstance(found, np.ndarray) else _from_list(where, found)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise MixBenchError(
            f"{where}: needed {count} integers, one a training image, got shape {labels.shape} of {labels.dtype};"
            " name a file, or a key of it, for this data set"
        )
    lowest, highest = (int(labels.min()), int(labels.max())) if count else (0, 0)
    if lowest < 0 or highest >= classes:
        raise MixBenchError(
            f"{where}: needed labels from 0 to {classes - 1}, got {lowest} to {highest}; name labels of this data set"
        )
    return labels.astype(np.int64)


def _from_list(where: str, found: Any) -> np.ndarray:
    items = [int(item) if isinstance(item, str) and _is_integer(item) else item for item in _as_list(found)]
    if not all(type(item) is int and abs(item) < 1 << 62 for item in items):
        odd = next((item for item in items if type(item) is not int), "an integer too large")
        # What is nested may be nested too deeply to be shown.
        got = repr(odd[:60]) if isinstance(odd, str) else f"a {type(odd).__name__}"
        raise MixBenchError(f"{where}: needed integers, got {plain(got)}; name a file, or a key of it, of labels")
    return np.array(items, np.int64)


def _as_list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _check_order(where: str, clean: np.ndarray, true: Tensor) -> None:
    different = np.flatnonzero(clean != true.cpu().numpy())
    if len(different):
        first = different[0]
        raise MixBenchError(
            f"{where}: needed {CLEAN} to be the data set's own labels, got {len(different)} others, the first at image"
            f" {first} ({clean[first]} instead of {int(true[first])}); the file is for another order or another set"
        )
