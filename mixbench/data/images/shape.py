"""The one shape that image files have in common, from their headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from mixbench.data.files.progress import in_threads
from mixbench.data.images.decode import Look, Unreadable, look, quiet_pillow
from mixbench.spec.errors import MixBenchError
from mixbench.spec.sections.data import Data


def common_shape(
    data: Data, names: Sequence[str], read: Callable[[str], bytes], known: dict[str, Any]
) -> dict[str, Any]:
    """Return channels, height and width of image files, those `known` as they are; `read` returns a file's bytes.

    MixBenchError where sizes differ and none is known.
    """
    looks = _looks(data, names, read)
    sizes = sorted({each.size for each in looks})
    if len(sizes) != 1 and not {"height", "width"} <= known.keys():
        got = f"images from {_by(sizes[0])} to {_by(sizes[-1])} pixels" if sizes else "none that can be read"
        raise MixBenchError(
            f"data {data.name}: needed images of one size, or a height and a width to bring them to, got {got};"
            " give both (--size SIDE for 'mixbench suite new')"
        )
    height, width = sizes[0] if sizes else (1, 1)
    return {"channels": 1 if all(each.grey for each in looks) else 3, "height": height, "width": width, **known}


def _looks(data: Data, names: Sequence[str], read: Callable[[str], bytes]) -> list[Look]:
    def header(name: str) -> Look | None:
        try:
            return look(read(name))
        except Unreadable:
            return None

    with quiet_pillow(), closing(in_threads(f"{data.name}: looking", header, names)) as found:
        return [each for each in found if each is not None]


def _by(size: Sequence[int]) -> str:
    return "×".join(map(str, size))
