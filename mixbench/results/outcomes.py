"""Per-example outcomes as they are kept beside a record: compact arrays in one .npz, never pickled."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mixbench.spec.errors import MixBenchError

_LABELS = ("labels", "predicted", "rank", "given")


def compact(outcomes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays in the types they are kept in, which readings are computed from.

    Labels and ranks as uint16, clean probabilities as float64, attacked ones as float32.
    """
    return {name: _compact(name, values) for name, values in outcomes.items()}


def _compact(name: str, values: np.ndarray) -> np.ndarray:
    if name.endswith(_LABELS):
        return values.astype(np.uint16)
    if name.startswith(("fgsm.", "ifgsm.", "between.gradient_norm")) and values.dtype == np.float64:
        return values.astype(np.float32)
    return values


def dump(outcomes: Mapping[str, np.ndarray]) -> bytes:
    """Return the bytes of an .npz; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **outcomes)  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()


def load_outcomes(path: Path) -> dict[str, np.ndarray]:
    """Read an .npz of outcomes; MixBenchError where it is missing, broken or holds pickled objects."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, TypeError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise MixBenchError(f"outcomes {path}: needed an .npz of plain arrays, got {error}; measure again") from None
