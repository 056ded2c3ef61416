"""What a new suite must declare about its data, found out from the data."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import ValidationError

from mixbench.data.checksum import checksum
from mixbench.data.feed import pieces
from mixbench.data.load import LOADERS, loader_of, read
from mixbench.data.loaders.arrays import MOST_CLASSES
from mixbench.data.loaders.loader import SHAPE, Loader
from mixbench.data.split import Split
from mixbench.data.standard import feature_moments
from mixbench.spec.errors import MixBenchError, explain
from mixbench.spec.plain import plain, shown, some
from mixbench.spec.sections.data import Data

LONGEST, MOST_LETTERS = 100, 50_000
"""Letters of a class's name, and of all, in a suite's file."""

MOST_MOMENTS = 1_000
"""Features whose mean and deviation a suite's file holds; they are left to the training rows where there are more."""

DIGITS = 6
"""Of mean and std."""


class Survey(NamedTuple):
    """A whole [data] section, the draft's own keys kept, and lines for people: classes, what was skipped, repeats."""

    section: dict[str, Any]
    notes: list[str]


def survey(
    path: str | os.PathLike[str],
    *,
    name: str,
    test_fraction: float | None = None,
    size: int | None = None,
    skip_corrupt: bool = False,
) -> Survey:
    """Survey a user's own data at `path`, square at `size` if given; errors as examine."""
    draft = {"name": name, "path": str(Path(path).absolute()), "test_fraction": test_fraction}
    draft |= {"height": size, "width": size, "skip_corrupt": skip_corrupt or None}
    return examine({key: value for key, value in draft.items() if value is not None})


def examine(draft: dict[str, Any]) -> Survey:
    """Read data as a draft of [data] says (name, path, …) and fill in what a suite must declare.

    `loader` and `files` are the loader's own; channels, height and width are the images' own where they agree.
    mean and std are over training pixels. MixBenchError as the loaders, and where the draft does not say enough.
    """
    try:
        return _examined(draft)
    except OSError as error:
        raise MixBenchError(
            f"data {plain(str(draft.get('name')))}: needed readable files, got {plain(str(error))};"
            " check path and rights"
        ) from None


def _examined(draft: dict[str, Any]) -> Survey:
    name = draft.get("loader") or guess_loader(draft)
    loader = loader_of(name)
    guessed = {**draft, "files": draft.get("files") or dict(loader.files())}
    guessed |= {} if name == draft.get("name") else {"loader": name}
    guessed |= {} if loader.kind == "images" else {"kind": loader.kind}
    data = _validated({**guessed, **_blank(_shaped(loader, guessed))})
    train, test, names, notes = read(data)
    classes = len(names) or int(torch.cat([train.labels, test.labels]).max()) + 1
    many = data.values.standardised and data.channels > MOST_MOMENTS
    mean, std = ([], []) if many else _MOMENTS[data.kind](data, train)
    found = {
        "sha256": train.sha256 or checksum(train, test),
        "train_images": len(train),
        "test_images": len(test),
        "classes": classes,
        **_named(names),
        **{name: getattr(data, name) for name in SHAPE},
        **({"stored": data.stored} if data.stored else {}),
        "mean": mean,
        "std": std,
    }
    section = _validated({**guessed, **found}).model_dump(mode="json", exclude_unset=True)
    kept = {key: value for key, value in section.items() if value is not None and value != {}}
    return Survey(kept, [*notes, *_absent(train, classes)])


def _named(classes: Sequence[str]) -> dict[str, Any]:
    """Return classes' names as they may stand in a suite: readable, and none where they would be alike or too long."""
    names = [plain(name, LONGEST) for name in classes]
    few = len(set(names)) == len(names) and sum(map(len, names)) <= MOST_LETTERS
    return {"class_names": names} if names and few else {}


def guess_loader(draft: dict[str, Any]) -> str:
    """Return the loader that a draft's path looks like, or the data set's name where it has none."""
    if draft.get("path") is None:
        return str(draft.get("name"))
    path = Path(str(draft["path"]))
    if not path.exists():
        raise _no_data(draft, f"nothing at {shown(path)}; check the path")
    if path.suffix == ".npy" and path.is_file():
        raise _no_data(draft, f"the one array {shown(path)}; put images and labels, x_train.npy …, into a folder")
    return next(loader.name for loader in LOADERS.values() if loader.fits(path))


def _no_data(draft: dict[str, Any], got: str) -> MixBenchError:
    needed = "a folder of images or of shards, an .npz file or a folder of .npy files"
    return MixBenchError(f"data {plain(str(draft.get('name')))}: needed {needed}, got {got}")


def moments(data: Data, train: Split) -> tuple[list[float], list[float]]:
    """Return each channel's mean and standard deviation over the training pixels in [0, 1], rounded to DIGITS.

    MixBenchError for a channel that is constant, by which nothing can be divided.
    """
    counts = torch.zeros(data.channels, 256, dtype=torch.float64)
    for images in pieces(train):
        for channel, pixels in enumerate(images.transpose(0, 1)):
            counts[channel] += torch.bincount(pixels.flatten().int(), minlength=256)
    levels, weights = torch.arange(256, dtype=torch.float64) / train.white, counts / counts.sum(1, keepdim=True)
    mean = weights @ levels
    std = (weights * (levels - mean[:, None]) ** 2).sum(1).sqrt()
    if float(std.min()) < 10**-DIGITS:
        raise MixBenchError(
            f"data {data.name}: needed training images that differ, got channel {int(std.argmin())} the same"
            " everywhere; check the images"
        )
    return [round(value, DIGITS) for value in mean.tolist()], [round(value, DIGITS) for value in std.tolist()]


_MOMENTS: dict[str, Callable[[Data, Split], tuple[list[float], list[float]]]] = {
    "images": moments,
    "tabular": feature_moments,
}


def _validated(section: dict[str, Any]) -> Data:
    try:
        return Data.model_validate(section)
    except ValidationError as error:
        raise MixBenchError(f"data: {explain(error, Data.model_fields)}") from None


def _blank(shaped: dict[str, Any]) -> dict[str, Any]:
    """Add stand-ins for what only the images can say."""
    channels = shaped["channels"]
    many = channels if isinstance(channels, int) else 0
    counts = {"train_images": 1, "test_images": 1, "classes": MOST_CLASSES}
    return {**shaped, **counts, "mean": [0.0] * many, "std": [1.0] * many}


def _shaped(loader: Loader, draft: dict[str, Any]) -> dict[str, Any]:
    """Return channels, height and width: the draft's, or those of the images."""
    known = {name: draft[name] for name in SHAPE if draft.get(name) is not None}
    if len(known) == len(SHAPE):
        return known
    stand_ins = {**dict.fromkeys(SHAPE, 1), **{name: value for name, value in draft.items() if name not in SHAPE}}
    return loader.shape(_validated({**stand_ins, **_blank(dict.fromkeys(SHAPE, 1))}), known)


def _absent(train: Split, classes: int) -> list[str]:
    absent = sorted(set(range(classes)) - set(train.labels.unique().tolist()))
    return [f"no training image of class {some(map(str, absent))}"] if absent else []
