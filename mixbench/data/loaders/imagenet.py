"""ImageNet-1k in its usual folders: train/WNID/….JPEG and val/WNID/….JPEG, decoded once."""

from __future__ import annotations

import re
from pathlib import Path

from mixbench.data.files.places import candidates
from mixbench.data.loaders.folder import Found, loaded, own_path, two_folders
from mixbench.data.loaders.loader import Loader, of_shape
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown
from mixbench.spec.sections.data import Data

CLASSES = 1000
BELOW = ("imagenet", "imagenet-1k", "ILSVRC2012", "ILSVRC/Data/CLS-LOC")


def imagenet(data: Data) -> tuple[Split, Split]:
    """Return training images at `data.stored` and validation images at height × width; labels by sorted WNID.

    Each is resized by its shorter side to `stored` and cut at the centre. Russakovsky et al., ImageNet Large Scale
    Visual Recognition Challenge, 2015. MixBenchError where it is missing, or is not sorted into its 1,000 classes.
    """
    kept = found(data).kept
    return kept.train, kept.test


def found(data: Data) -> Found:
    """Return the splits with the classes' WNIDs; errors as imagenet."""
    root = _root(data)
    for part in ("train", "val"):
        folders = [path for path in (root / part).iterdir() if re.fullmatch(r"n\d{8}", path.name)]
        if len(folders) != CLASSES:
            raise MixBenchError(
                f"data {data.name}: needed {CLASSES} folders such as n01440764 in {shown(root / part)}, got"
                f" {len(folders)}; unpack and sort the images into them, as torchvision and timm want them too"
            )
    # A published set stays as it is, whatever its two parts share.
    return two_folders(data, root, "val", published=True)


def _root(data: Data) -> Path:
    places = [own_path(data)] if data.path is not None else candidates(data, BELOW)
    for place in places:
        if (place / "train").is_dir() and (place / "val").is_dir():
            return place
    raise MixBenchError(
        f"data {data.name}: needed train/WNID/*.JPEG and val/WNID/*.JPEG in {shown(places[0])}, got none;"
        " get ILSVRC2012 from image-net.org and put it there, or name its folder as path in the suite's [data]"
    )


def _fits(path: Path) -> bool:
    return sum(bool(re.fullmatch(r"n\d{8}", each.name)) for each in path.glob("train/n????????")) == CLASSES


LOADER = Loader(
    "imagenet",
    lambda data: loaded(found(data)),
    of_shape(channels=3, height=224, width=224, stored=[256, 256]),
    fits=_fits,
)
