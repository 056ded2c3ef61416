"""Images with the same pixels: refused across train and test, kept together when a set is split, named where labels
disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.sections.data import Data


class Contents(NamedTuple):
    """What is known of images, in order: names for messages, labels, digests of the file and of the pixels as shown.

    An image without pixels is corrupt.
    """

    names: Sequence[str]
    labels: Sequence[int]
    files: Sequence[bytes]
    pixels: Sequence[bytes | None]

    def only(self, places: Sequence[int]) -> Contents:
        """Return those at some places."""
        return Contents(
            [self.names[place] for place in places],
            [self.labels[place] for place in places],
            [self.files[place] for place in places],
            [self.pixels[place] for place in places],
        )

    def sound(self) -> Contents:
        """Return those that are not corrupt."""
        return self.only([place for place, pixels in enumerate(self.pixels) if pixels is not None])


def refuse_shared(data: Data, train: Contents, test: Contents) -> None:
    """Refuse pixels that stand in both splits; MixBenchError names the first pair."""
    backwards = reversed(list(enumerate(train.pixels)))
    places: dict[bytes | None, int] = {pixels: place for place, pixels in backwards if pixels is not None}
    both = [place for place, pixels in enumerate(test.pixels) if pixels in places]
    if both:
        first = f"{plain(train.names[places[test.pixels[both[0]]]])} and {plain(test.names[both[0]])}"
        raise MixBenchError(
            f"data {data.name}: needed train and test images that differ, got {len(both)} in both, such as {first};"
            " delete them from one of the two"
        )


def repeated(contents: Contents) -> int:
    """Return how many images repeat an earlier one's pixels."""
    pixels = contents.sound().pixels
    return len(pixels) - len(set(pixels))


def disagreeing(contents: Contents) -> list[tuple[str, str]]:
    """Return the names of images that have the pixels of an earlier one and another label, beside that one's name."""
    first: dict[bytes | None, int] = {}
    sound = contents.sound()
    for place, pixels in enumerate(sound.pixels):
        first.setdefault(pixels, place)
    earlier = [first[pixels] for pixels in sound.pixels]
    pairs = [(one, place) for place, one in enumerate(earlier) if sound.labels[one] != sound.labels[place]]
    return [(sound.names[one], sound.names[place]) for one, place in pairs]


def notes_on(part: str, repeats: int, pairs: Sequence[Sequence[str]]) -> list[str]:
    """Say which images of a part repeat others, and which of them under another label."""
    notes = [f"{part}: {repeats} images repeat another"] if repeats else []
    if pairs:
        one, other = map(plain, pairs[0])
        more = f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""
        notes += [f"{part}: one image under two labels: {one} and {other}{more}; delete the wrong one"]
    return notes


def split_by_content(data: Data, contents: Contents, classes: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the places of train and of test images: test_fraction of each class, those of the smallest files' digests.

    So it depends on nothing but the images: no order, no file name; another image moves at most one. Equal pixels stay
    together, counted in the first class that has them. MixBenchError for a class with fewer than two of its own.
    """
    assert data.test_fraction is not None
    groups = [pixels or b"corrupt" + file for pixels, file in zip(contents.pixels, contents.files, strict=True)]
    owner: dict[bytes, int] = {}
    key: dict[bytes, bytes] = {}
    for group, label, file in zip(groups, contents.labels, contents.files, strict=True):
        owner[group] = min(label, owner.get(group, label))
        key[group] = min(file, key.get(group, file))
    for_test: set[bytes] = set()
    for label, name in enumerate(classes):
        own = sorted((group for group, of in owner.items() if of == label), key=key.__getitem__)
        if len(own) < 2:
            raise MixBenchError(
                f"data {data.name}: needed two different images in every class to split it, got {len(own)}"
                f" in {plain(name)}; add some or delete it"
            )
        for_test.update(own[: min(max(round(data.test_fraction * len(own)), 1), len(own) - 1)])
    return (
        [place for place, group in enumerate(groups) if group not in for_test],
        [place for place, group in enumerate(groups) if group in for_test],
    )
