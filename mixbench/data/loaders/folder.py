"""A user's own image folder: train/CLASS/… and test/CLASS/… (or val), or CLASS/… split by test_fraction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mixbench.data.files.checks import check_names
from mixbench.data.images.decode import MAX_BYTES, Unreadable
from mixbench.data.images.keep import Source, keep
from mixbench.data.images.listed import listing
from mixbench.data.images.opened import Kept
from mixbench.data.images.shape import common_shape
from mixbench.data.images.tree import Tree, tree
from mixbench.data.images.write import Pictures
from mixbench.data.loaders.loader import Loaded, Loader, Shape
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown, some
from mixbench.spec.sections.data import Data

TESTS = ("test", "val", "valid", "validation")
"""What the folder of test images may be called."""


@dataclass(frozen=True)
class Found:
    """A folder as loaded: class names by label, what was ignored, the decoded splits."""

    classes: list[str]
    ignored: list[str]
    kept: Kept


def folder(data: Data) -> tuple[Split, Split]:
    """Return the splits of the folder `data.path`: uint8 (N, C, H, W), labels by the class folders' sorted names.

    MixBenchError for whatever is not as it should be; see tree, write_part and refuse_shared.
    """
    kept = found(data).kept
    return kept.train, kept.test


def found(data: Data) -> Found:
    """Return the folder's splits with the classes' names and what was skipped; errors as folder."""
    root = own_path(data)
    check_names(data, ())
    if not (root / "train").is_dir():
        return _one_folder(data, root)
    tests = test_folders(root)
    if len(tests) > 1:
        raise MixBenchError(
            f"data {data.name}: needed one folder of test images in {shown(root)}, got {' and '.join(tests)};"
            " move those that are not to be tested on away"
        )
    if not tests or data.test_fraction is not None:
        raise MixBenchError(
            f"data {data.name}: needed train and one of {', '.join(TESTS)} in {shown(root)}, got"
            f" {'test_fraction as well' if tests else _beside_train(root)}; for one folder that test_fraction splits,"
            " path names the folder that holds the classes"
        )
    return two_folders(data, root, tests[0])


def _beside_train(root: Path) -> str:
    others = sorted(each.name for each in root.iterdir() if each.is_dir() and each.name != "train")
    return f"train and {some(others)}; rename the folder of test images" if others else "train alone"


def test_folders(root: Path) -> list[str]:
    """Return which folders of test images there are beside train."""
    return [name for name in TESTS if (root / name).is_dir()]


def own_path(data: Data) -> Path:
    """Return `data.path`; MixBenchError where there is none or it is no folder."""
    if data.path is None:
        raise MixBenchError(f"data {data.name}: needed a path to the images, got none; add it to the suite's [data]")
    if not Path(data.path).is_dir():
        raise MixBenchError(f"data {data.name}: needed a folder of images, got none at {shown(data.path)}; check path")
    return Path(data.path)


def two_folders(data: Data, root: Path, test: str, published: bool = False) -> Found:
    """Load root/train and root/`test`; images of a set as `published` may stand in both."""
    trees = tree(data, root, "train"), tree(data, root, test)
    _same_classes(data, *trees)
    read = partial(content, data, root)

    def source() -> Source:
        parts = (Pictures(part.names, part.labels, read, listing(part.names)) for part in trees)
        return Source(tuple(parts), published=published)

    stamp = [str(root.resolve()), published, trees[0].stamp, trees[1].stamp]
    return Found(trees[0].classes, [*trees[0].ignored, *trees[1].ignored], keep(data, stamp, source, root))


def _one_folder(data: Data, root: Path) -> Found:
    if data.test_fraction is None:
        raise MixBenchError(
            f"data {data.name}: needed train/CLASS and test/CLASS in {shown(root)}, or CLASS and a test_fraction, got"
            " neither; check path, or add test_fraction to the suite's [data]"
        )
    whole = tree(data, root)
    files = Pictures(whole.names, whole.labels, partial(content, data, root), listing(whole.names))
    stamp = [str(root.resolve()), whole.stamp, data.test_fraction]
    kept = keep(data, stamp, lambda: Source((files,), whole.classes), root)
    return Found(whole.classes, whole.ignored, kept)


def content(data: Data, root: Path, name: str) -> bytes:
    """Return an image file's bytes; MixBenchError where there are no rights, Unreadable where they are too many."""
    try:
        with (root / name).open("rb") as file:
            read = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise MixBenchError(
            f"data {data.name}: needed a readable file, got {plain(name)} ({error.strerror}); check its rights"
        ) from None
    if len(read) > MAX_BYTES:
        raise Unreadable(f"more than {MAX_BYTES} bytes")
    return read


def _same_classes(data: Data, train: Tree, test: Tree) -> None:
    for here, other, where in ((train, test, "test"), (test, train, "train")):
        lacking = sorted(set(here.classes) - set(other.classes))
        if lacking:
            raise MixBenchError(
                f"data {data.name}: needed the same classes in train and test, got {len(lacking)} that {where} lacks,"
                f" such as {plain(lacking[0])}; add or delete it"
            )


def loaded(found: Found) -> Loaded:
    """Say of a folder what its classes are called, what was skipped and what repeats."""
    notes = [f"{len(found.classes)} classes: {some(found.classes)}", *notes_on_kept(found.kept)]
    if found.ignored:
        notes.append(f"{len(found.ignored)} hidden or system files skipped: {some(dict.fromkeys(found.ignored))}")
    return Loaded(found.kept.train, found.kept.test, found.classes, notes)


def notes_on_kept(kept: Kept) -> list[str]:
    """Say what was skipped and what repeats."""
    skipped = {part: names for part, names in kept.skipped.items() if names}
    return [*(f"{part}: {len(names)} corrupt, skipped: {some(names)}" for part, names in skipped.items()), *kept.notes]


def _shape(data: Data, known: Shape) -> Shape:
    root = own_path(data)
    parts = ("train", *test_folders(root)) if (root / "train").is_dir() else ("",)
    names = [name for part in parts for name in tree(data, root, part).names]
    return common_shape(data, names, partial(content, data, root), known)


LOADER = Loader("folder", lambda data: loaded(found(data)), _shape, fits=Path.is_dir)
