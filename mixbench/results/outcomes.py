"""Per-example outcomes as they are kept beside a record: compact arrays in one .npz, never pickled.

On a board what all records of a suite have alike may lie once beside them (`mixbench.results.shared`); whoever reads
outcomes gets the whole.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from mixbench.results.npz import BROKEN, MAX_FILE, check_gaps, open_npz, read_npz
from mixbench.results.shared import SHARED, is_lean, shared_beside, whole
from mixbench.spec.errors import MixBenchError


def dump(outcomes: Mapping[str, np.ndarray]) -> bytes:
    """Return the bytes of an .npz; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **outcomes)  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()


def with_eps(outcomes: Mapping[str, np.ndarray], eps_curve: Sequence[float]) -> dict[str, np.ndarray]:
    """Return outcomes together with the suite's ε that their curves go over, which are not kept with them."""
    return {**outcomes, "curve.eps": np.array(eps_curve, dtype=np.float64)}


def load_outcomes(path: Path) -> dict[str, np.ndarray]:
    """Read an .npz of outcomes; MixBenchError where it is missing, broken, too large or holds other than arrays."""
    return parse_outcomes(path, read_outcomes(path))


class LazyOutcomes(Mapping[str, np.ndarray]):
    """The arrays of an .npz of outcomes, each read when it is asked for; MixBenchError where that cannot be read."""

    def __init__(self, path: Path) -> None:
        """Open the file; MixBenchError where it is missing, broken or too large."""
        self._path = path
        try:
            self._archive = open_npz(read_outcomes(path))
        except BROKEN as error:
            raise _refusal(path, str(error) or type(error).__name__) from None

    def __getitem__(self, name: str) -> np.ndarray:
        """Return one array."""
        try:
            return self._archive.read(name)
        except BROKEN as error:
            raise _refusal(self._path, str(error) or type(error).__name__) from None

    def __iter__(self) -> Iterator[str]:
        """Iterate over the arrays' names."""
        return iter(self._archive.members)

    def __len__(self) -> int:
        """Return how many arrays there are."""
        return len(self._archive.members)


def read_outcomes(path: Path) -> bytes:
    """Return the bytes of an .npz of outcomes, whole; MixBenchError where it is missing or too large, or as completed.

    Bytes that are no archive come back as they are, for whoever reads the arrays.
    """
    return completed(path, _read(path))


def completed(path: Path, content: bytes) -> bytes:
    """Return the whole outcomes of which these bytes were read at a path; bytes that are no archive as they are.

    MixBenchError for lean ones that lie on no board or do not go with its shared arrays.
    """
    if not is_lean(content):
        return content
    place = shared_beside(path)
    if place is None:
        raise MixBenchError(
            f"outcomes {path}: leave out what their board keeps in {SHARED}; 'mixbench check RECORD --baseline DIR"
            " --update-baseline' copies a board's record whole"
        )
    shared = shared_of(place)
    try:
        return whole(content, shared)
    except BROKEN as error:
        raise _refusal(path, f"{error or type(error).__name__}, with {SHARED}") from None


def shared_of(place: Path) -> bytes:
    """Return the bytes of a suite's shared arrays; MixBenchError where they are missing or broken."""
    try:
        content = place.read_bytes() if place.stat().st_size <= MAX_FILE else b""
        check_gaps(open_npz(content))
    except BROKEN as error:
        got = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MixBenchError(f"board {place}: needed the arrays that its records share, got {got}; restore it") from None
    return content


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileNotFoundError("no file there")
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise _refusal(path, error.strerror or str(error)) from None
    if len(content) > MAX_FILE:
        raise _refusal(path, f"more than {MAX_FILE} bytes")
    return content


def parse_outcomes(path: Path, content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays in the bytes of an .npz, whose path errors name; MixBenchError for anything else."""
    try:
        return read_npz(content)
    except BROKEN as error:
        raise _refusal(path, str(error) or type(error).__name__) from None


def _refusal(path: Path, got: str) -> MixBenchError:
    return MixBenchError(f"outcomes {path}: needed an .npz of plain arrays, got {got}; measure again")
