"""The document of all methods, generated from what they say of themselves, with a picture of each that has one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mixbench.augment.build import composition
from mixbench.augment.protocol import Augmentation
from mixbench.augment.sheet import sheet
from mixbench.augment.table import METHODS
from mixbench.show.model_input import model_input
from mixbench.show.pictures import picture
from mixbench.show.showcase import example_context, of_different_classes
from mixbench.spec.suite import DEFAULT_SUITE, load_suite

if TYPE_CHECKING:
    from jaxtyping import UInt8

    from mixbench.augment.protocol import Images

DOCUMENT = "methods.md"
SIDE, GAP, SEED = 64, 4, 0

HEAD = """# Methods

Every augmentation and regulariser, as it says itself; `mixbench list augs NAME` prints the same. This page is generated
by `scripts/docs`. Pictures: digits as they are, and below them what the model is shown in a training step.
"""


def document(methods: tuple[type[Augmentation], ...] = METHODS) -> dict[str, bytes]:
    """Return the document and its pictures by their names below its folder; loads torch."""
    pictures = {method.name: method_picture(method) for method in methods}
    contents = "\n".join(f"- [`{method.name}`](#{method.name}): {_summary(method)}" for method in methods)
    sheets = [sheet(method, _shown(method, pictures[method.name])) for method in methods]
    files = {f"methods/{name}.png": content for name, content in pictures.items() if content}
    return {DOCUMENT: "\n".join([HEAD, contents, "", *sheets]).encode(), **files}


def method_picture(method: type[Augmentation]) -> bytes:
    """Draw a few digits and what the model is shown of them, as PNG; nothing where that is the same."""
    suite = load_suite(DEFAULT_SUITE)
    context = example_context(suite, SEED)
    changed = model_input(composition(method.name), suite, context, SEED)
    originals = context.data.train.pixels(context.indices)
    if bool((changed == originals).all()):
        return b""
    rows = of_different_classes(context.data.train.labels[context.indices].tolist())
    made = np.concatenate([_strip(originals, rows), _line(len(rows)), _strip(changed, rows)])
    stream = BytesIO()
    Image.fromarray(made).convert("L").save(stream, "png", optimize=True)
    return stream.getvalue()


def _strip(images: Images, rows: list[int]) -> UInt8[np.ndarray, "h w 3"]:
    """Pictures side by side, a white gap between any two."""
    with_gaps = [
        np.pad(picture(images[row].numpy(), SIDE), ((0, 0), (0, GAP), (0, 0)), constant_values=255) for row in rows
    ]
    return np.concatenate(with_gaps, axis=1)[:, :-GAP]


def _line(count: int) -> UInt8[np.ndarray, "h w 3"]:
    return np.full((GAP, count * (SIDE + GAP) - GAP, 3), 255, np.uint8)


def _summary(method: type[Augmentation]) -> str:
    return (method.__doc__ or "").strip().splitlines()[0]


def _shown(method: type[Augmentation], content: bytes) -> str:
    if content:
        return f"![{method.name}](methods/{method.name}.png)"
    return "No picture: the model is shown the images as they are."


def differences(folder: Path, made: dict[str, bytes]) -> list[str]:
    """Return the names of files that are not what was made; pictures may differ by one level of grey."""
    there = {path.relative_to(folder).as_posix() for path in folder.glob("methods/*.png")}
    wrong = {name for name, content in made.items() if not _same(folder / name, content)}
    return sorted(wrong | (there - made.keys()))


def _same(path: Path, content: bytes) -> bool:
    if not path.is_file():
        return False
    if path.suffix != ".png":
        return path.read_bytes() == content
    old, new = (np.asarray(Image.open(BytesIO(each)), dtype=int) for each in (path.read_bytes(), content))
    return old.shape == new.shape and bool(np.abs(old - new).max() <= 1)


def write(folder: Path, made: dict[str, bytes]) -> list[str]:
    """Write what differs, remove pictures of methods that are gone, and return the names of both."""
    wrong = differences(folder, made)
    for name in wrong:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made[name]) if name in made else path.unlink()
    return wrong
