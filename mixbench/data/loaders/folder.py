"""A user's own image folder: train/CLASS/… and test/CLASS/… (or val), or CLASS/… split by test_fraction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mixbench.data.files.checks import check_names
from mixbench.data.files.progress import in_threads
from mixbench.data.images.alike import refuse_shared, repeated, split_by_content
from mixbench.data.images.decode import MAX_BYTES, Unreadable
from mixbench.data.images.decoded import Kept, keep
from mixbench.data.images.decoding import Pictures
from mixbench.data.images.shape import common_shape
from mixbench.data.images.tree import Tree, tree
from mixbench.data.loaders.loader import About, Loader, Shape
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown, some
from mixbench.spec.sections import Data

TESTS = ("test", "val")


@dataclass(frozen=True)
class Found:
    """A folder as loaded: class names by label, the decoded splits."""

    classes: list[str]
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
    test, *more = test_folders(root) or [None]
    if more:
        raise MixBenchError(
            f"data {data.name}: needed {' or '.join(f'{name}/' for name in TESTS)} in {shown(root)}, got both;"
            " move the one that is not to be tested on away"
        )
    if test is None or data.test_fraction is not None:
        got = "test_fraction as well" if test else "train alone"
        raise MixBenchError(
            f"data {data.name}: needed train and test in {shown(root)}, got {got}; for one folder that test_fraction"
            " splits, path names the folder that holds the classes"
        )
    return two_folders(data, root, test, refuse=True)


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


def two_folders(data: Data, root: Path, test: str, refuse: bool) -> Found:
    """Load root/train and root/`test`; `refuse` says whether files may not stand in both."""
    trees = tree(data, root, "train"), tree(data, root, test)
    _same_classes(data, *trees)
    read = partial(content, data, root)

    def pictures() -> tuple[Pictures, Pictures]:
        if not refuse:
            return Pictures(trees[0].names, trees[0].labels, read), Pictures(trees[1].names, trees[1].labels, read)
        contents = [_contents(data, part.names, read) for part in trees]
        refuse_shared(data, contents[0], contents[1], (trees[0].names, trees[1].names))
        first, second = (Pictures(t.names, t.labels, read, repeated(c)) for t, c in zip(trees, contents, strict=True))
        return first, second

    return Found(trees[0].classes, keep(data, [str(root.resolve()), refuse, trees[0].stamp, trees[1].stamp], pictures))


def _one_folder(data: Data, root: Path) -> Found:
    if data.test_fraction is None:
        raise MixBenchError(
            f"data {data.name}: needed train/CLASS and test/CLASS in {shown(root)}, or CLASS and a test_fraction, got"
            " neither; check path, or add test_fraction to the suite's [data]"
        )
    whole, read = tree(data, root), partial(content, data, root)

    def pictures() -> tuple[Pictures, Pictures]:
        contents = _contents(data, whole.names, read)
        places = split_by_content(data, whole.labels, contents, whole.classes)
        names = [[whole.names[i] for i in part] for part in places]
        digests = [[contents[i] for i in part] for part in places]
        refuse_shared(data, digests[0], digests[1], (names[0], names[1]))
        first, second = (
            Pictures(names[i], [whole.labels[place] for place in part], read, repeated(digests[i]))
            for i, part in enumerate(places)
        )
        return first, second

    return Found(whole.classes, keep(data, [str(root.resolve()), whole.stamp, data.test_fraction], pictures))


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


def _contents(data: Data, names: Sequence[str], read: Callable[[str], bytes]) -> list[bytes]:
    def digest(name: str) -> bytes:
        try:
            return hashlib.sha256(read(name)).digest()
        except Unreadable:
            return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()

    with closing(in_threads(f"{data.name}: comparing", digest, names)) as digests:
        return list(digests)


def _same_classes(data: Data, train: Tree, test: Tree) -> None:
    for here, other, where in ((train, test, "test"), (test, train, "train")):
        lacking = sorted(set(here.classes) - set(other.classes))
        if lacking:
            raise MixBenchError(
                f"data {data.name}: needed the same classes in train and test, got {len(lacking)} that {where} lacks,"
                f" such as {plain(lacking[0])}; add or delete it"
            )


def about(found: Found) -> About:
    """Say what a folder's classes are called, what was skipped and what repeats."""
    notes = [f"{len(found.classes)} classes: {some(found.classes)}"]
    for part, names in found.kept.skipped.items():
        notes += [f"{part}: {len(names)} corrupt, skipped: {some(names)}"] if names else []
    for part, count in found.kept.repeated.items():
        notes += [f"{part}: {count} files repeat another"] if count else []
    return About(found.classes, notes)


def _shape(data: Data, known: Shape) -> Shape:
    root = own_path(data)
    parts = ("train", *test_folders(root)) if (root / "train").is_dir() else ("",)
    names = [name for part in parts for name in tree(data, root, part).names]
    return common_shape(data, names, partial(content, data, root), known)


LOADER = Loader("folder", folder, _shape, fits=Path.is_dir, about=lambda data: about(found(data)))
