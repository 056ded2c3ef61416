"""Japanese Vowels: 640 utterances of nine speakers as 12 cepstral coefficients over up to 29 frames, out of aeon."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from mixbench.data.files.checks import check_bytes, check_names
from mixbench.data.files.places import candidates
from mixbench.data.loaders.loader import Loaded, Loader, of_shape
from mixbench.data.sound.spectrogram import as_bytes, fitted
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.data import Data

FILES = {
    "JapaneseVowels_TRAIN.ts": "sha256:68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
    "JapaneseVowels_TEST.ts": "sha256:b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
}
COEFFICIENTS, FRAMES, SPEAKERS = 12, 29, 9
LEVELS, ZERO = 32, 128
"""Bytes a deviation, and that of the mean, so that −4 … 3.97 deviations have one."""

LIMIT = 1 << 23
"""Bytes of a file: the larger has some 650,000."""


class Utterances(NamedTuple):
    """Coefficients (12, T) of each utterance, and its speaker from 0."""

    series: list[Float[np.ndarray, "12 t"]]
    labels: Int[np.ndarray, " n"]


def japanese_vowels(data: Data) -> Loaded:
    """Return the published split: images (N, 1, 12, 29) as bytes, labels by speaker.

    Each coefficient less its mean over the training frames, by its deviation there; zeros after the last frame.
    Kudo, Toyama and Shimbo, 1999. MixBenchError where the package is missing or a file is damaged.
    """
    check_names(data, FILES)
    train, test = (_utterances(data, _folder(data) / name) for name in FILES)
    frames = np.concatenate(train.series, axis=1)
    mean, deviation = frames.mean(1, keepdims=True), frames.std(1, keepdims=True)
    of_train, of_test = (_split(part, mean, deviation) for part in (train, test))
    return Loaded(of_train, of_test, [f"speaker {number}" for number in range(1, SPEAKERS + 1)])


def _split(part: Utterances, mean: np.ndarray, deviation: np.ndarray) -> Split:
    return Split(torch.from_numpy(_images(part, mean, deviation)), torch.from_numpy(part.labels))


def _images(part: Utterances, mean: np.ndarray, deviation: np.ndarray) -> UInt8[np.ndarray, "n 1 12 29"]:
    deviations = [fitted((each - mean) / deviation, FRAMES) for each in part.series]
    return as_bytes(np.stack(deviations)[:, None], LEVELS, ZERO)


def _folder(data: Data) -> Path:
    for place in candidates(data, ("japanese-vowels", "."), _in_package()):
        if all((place / name).is_file() for name in FILES):
            return place
    raise MixBenchError(
        f"data {data.name}: needed {' and '.join(FILES)} of the Python package aeon, got none; bring them by:"
        " pip install --no-deps aeon==1.6.0"
    )


def _in_package() -> list[str]:
    """Return aeon's folder of this data set; the package is not imported, and need not work."""
    found = find_spec("aeon")
    places = (found.submodule_search_locations or ()) if found else ()
    return [str(Path(place, "datasets", "data", "JapaneseVowels")) for place in places]


def _utterances(data: Data, path: Path) -> Utterances:
    with path.open("rb") as file:
        content = file.read(LIMIT)
    check_bytes(data, path.name, str(path), content)
    series, labels = [], []
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        if line.strip() and not line.startswith(("#", "@")):
            try:
                found, speaker = _utterance(line)
            except ValueError as error:
                raise _damaged(data, path, f"{plain(str(error), 80)} in line {number}") from None
            series.append(found)
            labels.append(speaker - 1)
    if not series:
        raise _damaged(data, path, "no utterances")
    return Utterances(series, np.array(labels, np.int64))


def _utterance(line: str) -> tuple[Float[np.ndarray, "12 t"], int]:
    """Read coefficients, comma between frames and colon between coefficients, and the speaker's number."""
    *rows, speaker = line.split(":")
    values = [[float(value) for value in row.split(",")] for row in rows]
    lengths = {len(row) for row in values}
    if len(values) != COEFFICIENTS or len(lengths) != 1 or max(lengths) > FRAMES:
        raise ValueError(f"{len(values)} series of {sorted(lengths)} values")
    if not all(math.isfinite(value) for row in values for value in row):
        raise ValueError("a value that is not finite")
    if not 1 <= int(speaker) <= SPEAKERS:
        raise ValueError(f"speaker {speaker}")
    return np.array(values), int(speaker)


def _damaged(data: Data, path: Path, got: str) -> MixBenchError:
    return MixBenchError(
        f"data {data.name}: needed {COEFFICIENTS} series of up to {FRAMES} values and a speaker from 1 to {SPEAKERS} a"
        f" line in {shown(path)}, got {got}; bring it again by: pip install --force-reinstall --no-deps aeon==1.6.0"
    )


LOADER = Loader(
    "japanese-vowels",
    japanese_vowels,
    of_shape(channels=1, height=COEFFICIENTS, width=FRAMES),
    files=lambda: FILES,
)
