"""One way in for data, as one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from mixbench.data.split import Split
from mixbench.spec.kinds import Name
from mixbench.spec.sections.data import Data

SHAPE = ("channels", "height", "width")

Boxes = Int[np.ndarray, "n 4"]
"""Left, top, right and bottom pixel of each image's item, the last two just outside of it."""

Shape = dict[str, Any]
"""Some of channels, height, width and stored."""


class Loaded(NamedTuple):
    """Both splits; the classes' names by label, where the data say them; lines for people on what was found."""

    train: Split
    test: Split
    classes: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Loader:
    """How data of one kind are read, and what a suite declares of them; each call raises MixBenchError.

    `load` reads the splits and checks them against `Data.files`; content and split are checked by whoever calls.
    `shape` is that of the images, given a draft of [data] and the part of the shape that it already says.
    `files` are the checksums of the files as published, `fits` whether a user's path holds this kind; `kind` is that of
    the data. `boxes` says where the item of each test image lies, None where nobody knows.
    """

    name: str
    load: Callable[[Data], Loaded]
    shape: Callable[[Data, Shape], Shape]
    files: Callable[[], Mapping[str, str]] = field(default=dict)
    fits: Callable[[Path], bool] = field(default=lambda path: False)
    kind: Name = "images"
    boxes: Callable[[Data], Boxes] | None = None


def published(splits: Callable[[Data], tuple[Split, Split]]) -> Callable[[Data], Loaded]:
    """Return the `load` of a published set, of which a person need hear nothing."""
    return lambda data: Loaded(*splits(data))


def of_shape(**shape: Any) -> Callable[[Data, Shape], Shape]:
    """Return the `shape` of a published set, whose images are of one, but for what a draft says itself."""
    return lambda data, known: {**shape, **known}
