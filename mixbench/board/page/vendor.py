"""What the page's scatter takes from libraries: altair's chart, and Vega as altair's converter bundles it."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from mixbench.data.files import places
from mixbench.spec.digest import digest
from mixbench.spec.errors import MixBenchError
from mixbench.spec.whole import write_atomically


@cache
def vendor_files() -> dict[str, bytes]:
    """Return the libraries' scripts and the chart that altair describes, as plain scripts for file:// pages.

    Bundling takes two seconds, so what the same libraries gave before is taken from the platform's cache folder.
    """
    makers = {"vega.js": _vega, "chart.js": _chart}
    kept = places.cache() / "page" / _libraries()
    return {f"vendor/{name}": _kept(kept / name, make) for name, make in makers.items()}


def _libraries() -> str:
    """The digest of all that decides the files: the libraries' versions and how they are used here."""
    try:
        versions = {name: importlib.metadata.version(name) for name in ("altair", "vl-convert-python")}
    except importlib.metadata.PackageNotFoundError as error:
        raise MixBenchError(f"the page needs {error.name}, got none installed; pip install 'mixbench'") from None
    return digest([versions, Path(__file__).read_text(encoding="utf-8")])


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    content = make()
    # A cache that cannot be written, such as a container's, only costs the time again.
    with suppress(OSError):
        write_atomically(path, content)
    return content


def _vega() -> bytes:
    import vl_convert

    return (vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;") + "\n").encode()


def _chart() -> bytes:
    return f"window.MIXBENCH_CHART = {json.dumps(chart(), indent=1)};\n".encode()


def chart() -> dict[str, Any]:
    """Describe the scatter of two measures with their intervals; the page puts in data, titles and colours."""
    import altair as alt

    x, y = _axis(alt.X, "x"), _axis(alt.Y, "y")
    base = alt.Chart(alt.NamedData("rows"))
    across = base.mark_rule(opacity=0.5).encode(x=alt.X("xlow:Q"), x2="xhigh:Q", y=y)
    upright = base.mark_rule(opacity=0.5).encode(x=x, y=alt.Y("ylow:Q"), y2="yhigh:Q")
    points = base.mark_point(filled=True, size=90, opacity=1, cursor="pointer").encode(
        x=x,
        y=y,
        color=alt.Color("family:N", title="family"),
        shape=alt.Shape("family:N", title="family"),
        tooltip="tip:N",
        description="tip:N",
    )
    names = base.mark_text(fontSize=11).encode(x=x, y=y, text="label:N")
    spec = (
        alt.layer(across, upright, points, names)
        .properties(width="container", height="container")
        .to_dict(validate=True)
    )
    return {**spec, "autosize": {"type": "fit", "contains": "padding"}}


def _axis(channel: Any, field: str) -> Any:
    return channel(f"{field}:Q", title=field).scale(zero=False, nice=True).axis(tickCount=8)
