"""Tensors from a .safetensors file, under the names that a model gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from itertools import chain
from pathlib import Path
from typing import IO

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mixbench.spec.digest import file_digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.regular import read_regular

Shape = tuple[int, ...]

MOST_HEADER = 1_000_000
"""Bytes of a file beside its numbers."""


def read_tensors(path: Path, sha256: str | None = None) -> dict[str, Tensor]:
    """Return a file's tensors; where `sha256` is given it is compared first, so that nothing else is ever parsed.

    MixBenchError where the file is missing, broken, pickled or another, or holds other than finite numbers.
    """
    try:
        if sha256 is not None and (found := file_digest(path)) != sha256:
            raise MixBenchError(f"weights {path}: needed sha256 {sha256}, got {found}; get the suite's file")
        tensors = safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise MixBenchError(
            f"weights {path}: needed a .safetensors file, got {first_line(error)}; pickled weights are never loaded:"
            " save them with safetensors.torch.save_file(model.state_dict(), path)"
        ) from None
    small = [name for name, each in tensors.items() if each.is_floating_point() and each.dtype.itemsize < 2]
    if small:
        got = f"{tensors[small[0]].dtype} in {plain(small[0])}"
        raise MixBenchError(f"weights {path}: needed numbers of 16 bits or more, got {got}; save them as float32")
    bad = [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]
    if bad or not tensors:
        got = f"NaN or infinity in {bad[0]}" if bad else "no tensor at all"
        raise MixBenchError(f"weights {path}: needed numbers, got {got}; save them again")
    return tensors


def fitting_tensors(path: Path, net: nn.Module) -> dict[str, Tensor]:
    """Return a stranger's tensors where they have exactly a model's names, types and shapes, and finite numbers.

    MixBenchError where not, and for a link or a file larger than such tensors need.
    """
    needed = net.state_dict()
    most = sum(each.numel() * each.element_size() for each in needed.values()) + MOST_HEADER
    try:
        tensors = safetensors.torch.load(read_regular(path, most))
    except (SafetensorError, ValueError, KeyError) as error:
        raise MixBenchError(f"weights {path}: needed a .safetensors file, got {first_line(error)}") from None
    for name in sorted(needed.keys() | tensors.keys()):
        own, found = (_kind(each.get(name)) for each in (needed, tensors))
        if own != found:
            raise MixBenchError(f"weights {path}: {plain(name)}: needed {own}, got {found}; they are another model's")
        if not bool(tensors[name].isfinite().all()):
            raise MixBenchError(f"weights {path}: {plain(name)}: needed numbers, got NaN or infinity")
    return tensors


Rows = dict[str, Tensor]


def write_rows(file: IO[bytes], count: int, parts: Iterable[tuple[slice, Rows]]) -> None:
    """Write float32 tensors of `count` rows as .safetensors, some rows of each at a time, each row in one part."""
    parts = iter(parts)
    first = next(parts)
    sizes = {name: rows[0].numel() * rows.element_size() for name, rows in sorted(first[1].items())}
    header, begins, end = {}, {}, 0
    for name, size in sizes.items():
        begins[name], end = end, end + count * size
        shape = [count, *first[1][name].shape[1:]]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begins[name], end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for part, tensors in chain([first], parts):
        for name, rows in tensors.items():
            file.seek(8 + len(text) + begins[name] + part.start * sizes[name])
            file.write(rows.cpu().contiguous().numpy().tobytes())


def read_rows(path: Path, device: str) -> Callable[[slice], Rows]:
    """Return what reads some rows of each tensor of a .safetensors file."""
    file = safe_open(path, framework="pt", device=device)
    tensors = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - it is no dictionary

    def rows(part: slice) -> Rows:
        return {name: each[slice(*part.indices(each.get_shape()[0]))] for name, each in tensors.items()}

    return rows


def _kind(tensor: Tensor | None) -> str:
    return "nothing" if tensor is None else f"{tensor.dtype} {tuple(tensor.shape)}"


def without_prefix(tensors: dict[str, Tensor], needed: Collection[str]) -> dict[str, Tensor]:
    """Return tensors without what all their names begin with, such as `module.`, unless the model's all do too."""
    while len(prefixes := {name.partition(".")[0] + "." for name in tensors}) == 1:
        (prefix,) = prefixes
        if any(name == prefix[:-1] for name in tensors) or all(name.startswith(prefix) for name in needed):
            break
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return tensors


def is_counter(name: str) -> bool:
    """Whether a tensor only counts batches, which evaluation never reads."""
    return name.endswith("num_batches_tracked")


def shapes(tensors: dict[str, Tensor]) -> dict[str, Shape]:
    """Return the shape of each tensor that evaluation reads."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items() if not is_counter(name)}


def first_line(error: BaseException) -> str:
    """Return an error's type and first telling line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.endswith(":")]
    return f"{type(error).__name__}: {lines[0][:160]}" if lines else type(error).__name__
