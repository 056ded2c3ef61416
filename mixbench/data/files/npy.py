"""The arrays in a stranger's .npz file, or folder of .npy files, read without any pickle."""

from __future__ import annotations

import lzma
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from mixbench.data.files.checks import check_file, check_names
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.data import Data

MAX_BYTES = 2**34
"""Of one array, which is read into memory; more belong into a folder of images or shards, which streams."""

BROKEN = (
    ValueError, OSError, EOFError, LookupError, TypeError, OverflowError, SyntaxError, RuntimeError, MemoryError,
    NotImplementedError, tokenize.TokenError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip
"""What NumPy and zipfile raise on hostile or damaged files."""


class Arrays:
    """The arrays at `data.path`; `names` are in lower case. MixBenchError where there are none or they are damaged."""

    def __init__(self, data: Data) -> None:
        if data.path is None or not Path(data.path).exists():
            got = "none" if data.path is None else f"nothing at {shown(data.path)}"
            raise MixBenchError(f"data {data.name}: needed a path to an .npz file, got {got}; mend the suite's [data]")
        self._data, self.path = data, Path(data.path)
        try:
            self._places = self._in_folder() if self.path.is_dir() else self._in_file()
        except BROKEN as error:
            raise self._broken(error, "arrays") from None
        self.names = sorted(self._places)

    def read(self, name: str) -> np.ndarray:
        """Return one array, in memory."""
        try:
            return self._from_folder(name) if self.path.is_dir() else self._from_file(name)
        except BROKEN as error:
            raise self._broken(error, f"the array {plain(name)}") from None

    def _in_folder(self) -> dict[str, str]:
        files = sorted(self.path.glob("*.npy"))
        check_names(self._data, [file.name for file in files])
        for file in files:
            if not file.is_file() or not file.resolve().is_relative_to(self.path.resolve()):
                raise ValueError(f"{file.name}, which is no file inside the folder")
            check_file(self._data, file)
        return {file.stem.lower(): file.name for file in files}

    def _in_file(self) -> dict[str, str]:
        check_names(self._data, [self.path.name])
        check_file(self._data, self.path)
        with zipfile.ZipFile(self.path) as archive:
            members = [name for name in archive.namelist() if name.endswith(".npy")]
        return {name.removesuffix(".npy").lower(): name for name in members}

    def _from_folder(self, name: str) -> np.ndarray:
        array = np.load(self.path / self._places[name], mmap_mode="r", allow_pickle=False)
        self._bounded(array.nbytes)
        return np.array(array)

    def _from_file(self, name: str) -> np.ndarray:
        with zipfile.ZipFile(self.path) as archive:
            self._bounded(archive.getinfo(self._places[name]).file_size)
            with archive.open(self._places[name]) as file:
                return np.lib.format.read_array(file, allow_pickle=False)

    def _bounded(self, size: int) -> None:
        if size > MAX_BYTES:
            raise ValueError(f"{size / 2**30:.0f} GiB, of which at most {MAX_BYTES / 2**30:.0f} are read")

    def _broken(self, error: BaseException, what: str) -> MixBenchError:
        return MixBenchError(
            f"data {self._data.name}: needed {what} in {shown(self.path)} as NumPy saves them without pickle, got"
            f" {plain(str(error) or type(error).__name__)}; save it again"
        )
