"""A user's own shards: train/*.tar and test/*.tar (or val), or *.tar split by test_fraction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mixbench.data.files.checks import check_names
from mixbench.data.files.stamp import stamp
from mixbench.data.images.keep import Source, keep
from mixbench.data.images.listed import content_of, listing, name_of
from mixbench.data.images.opened import Kept
from mixbench.data.images.shape import common_shape
from mixbench.data.images.shards import SUFFIX, samples, shard_names
from mixbench.data.images.write import Pictures
from mixbench.data.loaders.folder import TESTS, notes_on_kept, own_path, test_folders
from mixbench.data.loaders.loader import Loaded, Loader, Shape
from mixbench.data.split import Split
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import shown
from mixbench.spec.sections.data import Data


class Place(NamedTuple):
    """Where shards lie: the folder, and the names of those of train and of test, or of one set."""

    root: Path
    parts: list[list[str]]


def shards(data: Data) -> tuple[Split, Split]:
    """Return the splits of the shards at `data.path`, labels as written in them; MixBenchError as samples and keep."""
    kept = _kept(data)
    return kept.train, kept.test


def _kept(data: Data) -> Kept:
    check_names(data, ())
    place = _place(data)

    def source() -> Source:
        parts = [_pictures(data, place.root, names) for names in place.parts]
        return Source(tuple(parts), _class_names(parts))

    marks = [stamp(place.root, names) for names in place.parts]
    return keep(data, [str(place.root.resolve()), SUFFIX, *marks, data.test_fraction], source, place.root)


def _place(data: Data) -> Place:
    root = own_path(data)
    tests = test_folders(root)
    two = (root / "train").is_dir()
    if two and (len(tests) != 1 or data.test_fraction is not None):
        got = " and ".join(tests) or "train alone"
        raise MixBenchError(
            f"data {data.name}: needed train and one of {', '.join(TESTS)} in {shown(root)}, got"
            f" {'a test_fraction as well' if len(tests) == 1 else got}; for shards that test_fraction splits, path"
            " names the folder that holds them"
        )
    if not two and data.test_fraction is None:
        raise MixBenchError(
            f"data {data.name}: needed train/*.tar and test/*.tar in {shown(root)}, or *.tar and a test_fraction, got"
            " neither; add test_fraction to the suite's [data] (--test-fraction for 'mixbench suite new')"
        )
    return Place(root, [shard_names(data, root, part) for part in (("train", tests[0]) if two else ("",))])


def _pictures(data: Data, root: Path, names: list[str]) -> Pictures:
    found = list(samples(data, root, names))
    if not found:
        raise MixBenchError(f"data {data.name}: needed pictures in {shown(root)}/{names[0]} …, got none; check path")
    files, pictures, labels = zip(*found, strict=True)
    rows = listing(files, [each.name for each in pictures], [(each.offset, each.size) for each in pictures])
    places = {name_of(row): row for row in rows}
    return Pictures(list(places), labels, lambda name: content_of(root, places[name]), rows)


def _class_names(parts: Sequence[Pictures]) -> list[str]:
    return [f"class {label}" for label in range(max(max(part.labels) for part in parts) + 1)]


def _loaded(data: Data) -> Loaded:
    kept = _kept(data)
    return Loaded(kept.train, kept.test, notes=notes_on_kept(kept))


def _shape(data: Data, known: Shape) -> Shape:
    place = _place(data)
    parts = [_pictures(data, place.root, names) for names in place.parts]
    reads = {name: part.read for part in parts for name in part.names}
    return common_shape(data, list(reads), lambda name: reads[name](name), known)


def _fits(path: Path) -> bool:
    return any(any(folder.glob(f"*{SUFFIX}")) for folder in (path, path / "train"))


LOADER = Loader("shards", _loaded, _shape, fits=_fits)
