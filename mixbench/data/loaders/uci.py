"""The mixup paper's tables in UCI's own files: Abalone, Arcene, Arrhythmia, HTRU2 and Phishing Websites."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from mixbench.data.files.checks import check_names
from mixbench.data.files.lines import Form, read_numbers
from mixbench.data.files.places import candidates, home
from mixbench.data.loaders.loader import Loaded, Loader, of_shape
from mixbench.data.loaders.rows import Features, Labels, divided
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown
from mixbench.spec.sections.data import Data

SITE = "https://archive.ics.uci.edu/static/public"
DATA, LABELS = ".data", ".labels"

NO_CLASS = -1
"""What stands for a label that is none of a table's."""

KINDS = {"M": 0.0, "F": 1.0, "I": 2.0}
"""Abalone's sexes: male, female, infant."""

MISSING = {"?": math.nan}

CONDITIONS = {
    1: "normal", 2: "ischemic changes", 3: "old anterior infarction", 4: "old inferior infarction",
    5: "sinus tachycardia", 6: "sinus bradycardia", 7: "ventricular premature contraction",
    8: "supraventricular premature contraction", 9: "left bundle branch block", 10: "right bundle branch block",
    14: "left ventricular hypertrophy", 15: "atrial fibrillation or flutter", 16: "others",
}  # fmt: skip
"""Arrhythmia's classes; of 11 to 13 it has nobody."""


class Table(NamedTuple):
    """A set: its archive below SITE and the files in it, what the labels' values are called, and the form of a line.

    The label is last on a line, or (`apart`) alone on a line of a file NAME.labels beside NAME.data. Of two files the
    first is for training. `kinds` words begin a line, each of which is a feature.
    """

    archive: str
    files: tuple[str, ...]
    classes: Mapping[int, str]
    form: Form
    apart: bool = False
    kinds: int = 0

    @property
    def features(self) -> int:
        """How many there are once words are features."""
        return self.form.columns - (not self.apart) + max(self.kinds - 1, 0)

    @property
    def all_files(self) -> list[str]:
        """Files of labels too."""
        return [*self.files, *(_labels_of(name) for name in self.files if self.apart)]


TABLES = {
    "abalone": Table(
        "1/abalone.zip",
        ("abalone.data",),
        {rings: str(rings) for rings in (*range(1, 28), 29)},
        Form(9, words={0: KINDS}),
        kinds=len(KINDS),
    ),
    "arcene": Table(
        "167/arcene.zip",
        ("arcene_train.data", "arcene_valid.data"),
        {-1: "normal", 1: "cancer"},
        Form(10_000, separator=None),
        apart=True,
    ),
    "arrhythmia": Table(
        "5/arrhythmia.zip",
        ("arrhythmia.data",),
        CONDITIONS,
        Form(280, words=dict.fromkeys(range(279), MISSING)),
    ),
    "htru2": Table("372/htru2.zip", ("HTRU_2.csv",), {0: "other", 1: "pulsar"}, Form(9)),
    "phishing": Table(
        "327/phishing+websites.zip",
        ("Training Dataset.arff",),
        {-1: "phishing", 1: "legitimate"},
        Form(31, after="@data"),
    ),
}


def uci(table: Table, data: Data) -> Loaded:
    """Return a table as UCI distributes it, in its own split, or stratified where the suite names a test_fraction.

    MixBenchError where files are missing, with the command that brings them, or have not their form.
    """
    check_names(data, table.all_files)
    folder = _folder(data, table)
    parts = [_read(data, table, folder / name) for name in table.files]
    rows, own = np.concatenate(parts), len(parts[0]) if len(parts) > 1 else None
    features, labels = rows[:, :-1], _labels(data, table, folder, rows[:, -1])
    return divided(data, _with_kinds(features, table.kinds), labels, list(table.classes.values()), own)


def _read(data: Data, table: Table, path: Path) -> Float[np.ndarray, "n c"]:
    """Return features and, last, the label of each line."""
    again = f"bring it again by: {_command(data, table)}"
    rows = read_numbers(data, path, table.form, again)
    if not table.apart:
        return rows
    labels = read_numbers(data, path.with_name(_labels_of(path.name)), Form(1), again)
    if len(labels) != len(rows):
        raise MixBenchError(
            f"data {data.name}: needed a label for each of {len(rows)} lines of {shown(path)}, got {len(labels)};"
            f" {again}"
        )
    return np.hstack([rows, labels])


def _labels(data: Data, table: Table, folder: Path, values: Float[np.ndarray, " n"]) -> Labels:
    places = {float(value): place for place, value in enumerate(table.classes)}
    labels = np.array([places.get(value, NO_CLASS) for value in values.tolist()])
    if (strange := values[labels == NO_CLASS]).size:
        raise MixBenchError(
            f"data {data.name}: needed classes {', '.join(map(str, table.classes))} in {shown(folder)}, got"
            f" {strange[0]:g}; bring the files again by: {_command(data, table)}"
        )
    return labels


def _with_kinds(features: Features, kinds: int) -> Float[np.ndarray, "n g"]:
    return np.hstack([features[:, :1] == np.arange(kinds), features[:, 1:]]) if kinds else features


def _folder(data: Data, table: Table) -> Path:
    for place in _places(data):
        if all((place / name).is_file() for name in table.all_files):
            return place
    raise MixBenchError(
        f"data {data.name}: needed {' and '.join(table.all_files)} of UCI, got none; bring them by:"
        f" {_command(data, table)}"
    )


def _places(data: Data) -> Sequence[Path]:
    """Some archives have a folder within."""
    return [place for top in candidates(data, (_name(data),)) for place in (top, top / _name(data).upper())]


def _command(data: Data, table: Table) -> str:
    folder = Path(data.path) if data.path else home() / _name(data)
    there, archive = shlex.quote(str(folder)), shlex.quote(str(folder / Path(table.archive).name))
    return (
        f"mkdir -p {there} && curl -fL -o {archive} {SITE}/{table.archive} && python3 -m zipfile -e {archive} {there}"
    )


def _name(data: Data) -> str:
    return data.loader or data.name


def _labels_of(name: str) -> str:
    return name.removesuffix(DATA) + LABELS


LOADERS = tuple(
    Loader(name, partial(uci, table), of_shape(channels=table.features, height=1, width=1), kind="tabular")
    for name, table in TABLES.items()
)
