"""Images with the same content: refused across train and test, kept together when a set is split."""

from __future__ import annotations

from collections.abc import Sequence

from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.sections import Data


def refuse_shared(
    data: Data, train: Sequence[bytes], test: Sequence[bytes], names: tuple[Sequence[str], Sequence[str]]
) -> None:
    """Refuse a content that stands in both splits; train and test are content digests, `names` what they are called."""
    places = {content: place for place, content in reversed(list(enumerate(train)))}
    both = [place for place, content in enumerate(test) if content in places]
    if both:
        first = f"{plain(names[0][places[test[both[0]]]])} and {plain(names[1][both[0]])}"
        raise MixBenchError(
            f"data {data.name}: needed train and test images that differ, got {len(both)} in both, such as {first};"
            " delete them from one of the two"
        )


def repeated(contents: Sequence[bytes]) -> int:
    """Return how many images repeat an earlier one."""
    return len(contents) - len(set(contents))


def split_by_content(
    data: Data, labels: Sequence[int], contents: Sequence[bytes], classes: Sequence[str]
) -> tuple[list[int], list[int]]:
    """Return the places of train and of test images: test_fraction of each class, those of the smallest digests.

    So it depends on nothing but the images: no order, no file name; equal images of a class stay together; another
    image moves at most one. MixBenchError for a class with fewer than two different images.
    """
    assert data.test_fraction is not None
    different: list[set[bytes]] = [set() for _ in classes]
    for label, content in zip(labels, contents, strict=True):
        different[label].add(content)
    for name, own in zip(classes, different, strict=True):
        if len(own) < 2:
            raise MixBenchError(
                f"data {data.name}: needed two different images in every class to split it, got {len(own)}"
                f" in {plain(name)}; add some or delete it"
            )
    for_test = [_smallest(own, data.test_fraction) for own in different]
    in_test = [content in for_test[label] for label, content in zip(labels, contents, strict=True)]
    return [i for i, is_in in enumerate(in_test) if not is_in], [i for i, is_in in enumerate(in_test) if is_in]


def _smallest(contents: set[bytes], fraction: float) -> set[bytes]:
    share = min(max(round(fraction * len(contents)), 1), len(contents) - 1)
    return set(sorted(contents)[:share])
