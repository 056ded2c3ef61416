"""Eight tables of UCI out of the R package mlbench, which Debian has as r-cran-mlbench, without R."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float

from mixbench.data.files.checks import check_bytes, check_names
from mixbench.data.files.places import candidates, home
from mixbench.data.files.rda import DAMAGE, can_read, read_frame
from mixbench.data.loaders.loader import Loaded, Loader, of_shape
from mixbench.data.loaders.rows import Features, divided
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.data import Data

if TYPE_CHECKING:
    import pandas as pd

INSIDE = "usr/lib/R/site-library/mlbench/data"
"""Where Debian's package has the files."""

INSTALLED = (f"/{INSIDE}",)

PACKED, UNPACKED = 1 << 22, 1 << 25
"""Bytes of a file at most; the largest has 0.4 million, 5 million unpacked."""


class Table(NamedTuple):
    """A data frame of the package: its number of features, the column of labels, columns that are left out, and how
    many rows come first for training, where the set's documentation divides it."""

    frame: str
    features: int
    label: str = "Class"
    left_out: tuple[str, ...] = ()
    own: int | None = None


TABLES = {
    "letter": Table("LetterRecognition", 16, "lettr", own=16_000),
    "satellite": Table("Satellite", 36, "classes", own=4_435),
    "shuttle": Table("Shuttle", 9, own=43_500),
    # V1 says who of fifteen speaks; the first eight are for training.
    "vowel": Table("Vowel", 9, left_out=("V1",), own=528),
    "vehicle": Table("Vehicle", 18),
    "ionosphere": Table("Ionosphere", 34, own=200),
    "sonar": Table("Sonar", 60),
    "dna": Table("DNA", 180, own=2_000),
}


def mlbench(table: Table, data: Data) -> Loaded:
    """Return a table in its own split, or stratified where the suite names a test_fraction; labels by R's levels.

    A factor of two levels or one is a feature of 0 and 1, of more a feature a level. Leisch and Dimitriadou, mlbench.
    MixBenchError where the package or rdata is missing, a file is damaged or a value is missing.
    """
    name = f"{table.frame}.rda"
    check_names(data, [name])
    path = _path(data, name)
    with path.open("rb") as file:
        content = file.read(PACKED)
    check_bytes(data, name, str(path), content)
    try:
        frame = read_frame(content, table.frame, UNPACKED)
        labels = frame.pop(table.label).cat
        features = np.hstack([*_columns(frame.drop(columns=list(table.left_out)))])
        if (missing := int((~np.isfinite(features)).sum() + (labels.codes < 0).sum())) > 0:
            raise ValueError(f"{missing} missing values")
    except DAMAGE as error:
        got = plain(str(error), 80) or type(error).__name__
        raise MixBenchError(
            f"data {data.name}: needed the data frame {table.frame} with {table.label}, without missing values, in"
            f" {shown(path)}, got {got}; bring it again by: {_command(data)}"
        ) from None
    return divided(data, features, labels.codes.to_numpy(), [str(each) for each in labels.categories], table.own)


def _columns(frame: pd.DataFrame) -> Iterator[Features]:
    for _, column in frame.items():
        if column.dtype == "category":
            yield _coded(column.cat.codes.to_numpy(), len(column.cat.categories))
        else:
            yield column.to_numpy(np.float64)[:, None]


def _coded(codes: np.ndarray, levels: int) -> Float[np.ndarray, "n k"]:
    columns = codes[:, None] if levels <= 2 else codes[:, None] == np.arange(levels)
    return np.where(codes[:, None] < 0, np.nan, columns)


def _path(data: Data, name: str) -> Path:
    found = next((place / name for place in places_of(data) if (place / name).is_file()), None)
    lacking = [
        *([(f"{name} of Debian's r-cran-mlbench", _command(data))] if found is None else []),
        *([] if can_read() else [("the Python package rdata", "pip install rdata")]),
    ]
    if found is None or lacking:
        names, commands = zip(*lacking, strict=True)
        raise MixBenchError(
            f"data {data.name}: needed {' and '.join(names)}, got none; bring it by: {' && '.join(commands)}"
        )
    return found


def places_of(data: Data) -> list[Path]:
    """Return the folders that may hold the files."""
    if data.path is not None:
        return [Path(data.path), Path(data.path, INSIDE)]
    return candidates(data, ("mlbench", INSIDE), INSTALLED)


def _command(data: Data) -> str:
    there = shlex.quote(data.path or str(home()))
    return (
        f"(mkdir -p {there} && cd {there} && apt-get download r-cran-mlbench && dpkg -x r-cran-mlbench_*.deb ."
        " && rm r-cran-mlbench_*.deb)"
    )


LOADERS = tuple(
    Loader(name, partial(mlbench, table), of_shape(channels=table.features, height=1, width=1), kind="tabular")
    for name, table in TABLES.items()
)
