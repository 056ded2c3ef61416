"""A user's pictures in shards: .tar files of KEY.jpg (or another image) beside KEY.cls, its label, as WebDataset's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from mixbench.data.files.tar import Damaged, Member, members
from mixbench.data.images.decode import SUFFIXES
from mixbench.data.images.tree import entries
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.data import Data

SUFFIX = ".tar"
LABEL = "cls"
MOST_CLASSES = 100_000
LONGEST_LABEL = 32
"""Bytes of a label's text."""


class Sample(NamedTuple):
    """A picture of a shard, which lies below the root, and its label."""

    shard: str
    picture: Member
    label: int


def shard_names(data: Data, root: Path, below: str = "") -> list[str]:
    """Return the shards of root/below, sorted; errors as entries, and where there is none."""
    found = entries(data, root / below, root.resolve(), [])
    names = [entry.name for entry in found if entry.name.endswith(SUFFIX) and entry.is_file()]
    if not names:
        raise MixBenchError(f"data {data.name}: needed .tar files in {shown(root / below)}, got none; check path")
    return ["/".join(filter(None, (below, name))) for name in names]


def samples(data: Data, root: Path, names: Sequence[str]) -> Iterator[Sample]:
    """Yield the samples of shards in their order; what is neither picture nor label is passed over.

    MixBenchError that names the shard for one that is damaged, and the picture for one without a label or with two.
    """
    for name in names:
        pictures: dict[str, Member] = {}
        labels: dict[str, Member] = {}
        try:
            for member in members(root / name):
                key, kind = _divided(member.name)
                if kind == LABEL:
                    _add(data, name, labels, key, member)
                elif f".{kind}" in SUFFIXES:
                    _add(data, name, pictures, key, member)
        except Damaged as error:
            raise _wrong(
                data, "a plain .tar of pictures and labels", f"{plain(name)} ({plain(str(error))})", "write it again"
            ) from None
        yield from _paired(data, root, name, pictures, labels)


def _divided(name: str) -> tuple[str, str]:
    """Return a member's key and kind: a name is cut at its first dot below the last folder."""
    folder, slash, file = name.rpartition("/")
    key, _, kind = file.partition(".")
    return folder + slash + key, kind.lower()


def _add(data: Data, shard: str, found: dict[str, Member], key: str, member: Member) -> None:
    if key in found:
        got = f"{plain(found[key].name)} and {plain(member.name)} in {plain(shard)}"
        raise _wrong(data, "one picture and one label a key", got, "give each a key of its own")
    found[key] = member


def _paired(
    data: Data, root: Path, shard: str, pictures: dict[str, Member], labels: dict[str, Member]
) -> Iterator[Sample]:
    with (root / shard).open("rb") as file:
        for key, picture in pictures.items():
            if key not in labels:
                raise _wrong(data, f"{plain(key)}.{LABEL} in {plain(shard)}", "the picture alone", "write its label")
            yield Sample(shard, picture, _label(data, shard, labels.pop(key), file))
    for label in labels.values():
        raise _wrong(data, f"a picture in {plain(shard)}", f"the label {plain(label.name)} alone", "write its picture")


def _label(data: Data, shard: str, member: Member, file: IO[bytes]) -> int:
    file.seek(member.offset)
    text = file.read(min(member.size, LONGEST_LABEL + 1)).strip()
    if len(text) > LONGEST_LABEL or not text.isdigit() or int(text) >= MOST_CLASSES:
        got = f"{plain(repr(text)[1:])[:LONGEST_LABEL]} in {plain(shard)}/{plain(member.name)}"
        raise _wrong(data, f"a class's number from 0 to {MOST_CLASSES - 1}", got, "write it again")
    return int(text)


def _wrong(data: Data, needed: str, got: str, what_to_do: str) -> MixBenchError:
    return MixBenchError(f"data {data.name}: needed {needed}, got {got}; {what_to_do}")
