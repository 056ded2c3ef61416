"""What the page takes from libraries: DataTables as itables ships it, Vega as altair's converter bundles it."""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from mixbench.spec.errors import MixBenchError

_EXPORT = re.compile(r"export\{([^}]*)\};")


def vendor_files() -> dict[str, bytes]:
    """Return the libraries' scripts and the chart that altair describes, as plain scripts for file:// pages."""
    return {
        "vendor/datatables.js": _datatables(),
        "vendor/vega.js": _vega(),
        "vendor/chart.js": f"window.MIXBENCH_CHART = {json.dumps(chart(), indent=1)};\n".encode(),
    }


@cache
def _datatables() -> bytes:
    """Turn itables' module into a script: browsers refuse modules of file:// pages."""
    found = importlib.util.find_spec("itables")
    if found is None or found.origin is None:
        raise MixBenchError("the page needs itables, got none installed; pip install 'mixbench'")
    text = (Path(found.origin).parent / "html" / "dt_bundle.js").read_text(encoding="utf-8")
    match = _EXPORT.search(text)
    names = dict(part.split(" as ")[::-1] for part in match[1].split(",")) if match else {}
    if match is None or "default" not in names:
        raise MixBenchError(
            "the page needs DataTables as itables 2 ships it, got another bundle; pip install itables~=2.9"
        )
    script = f"{text[: match.start()]}window.DataTable={names['default']};{text[match.end() :]}"
    return f"(()=>{{{script}\n}})();\n".encode()


@cache
def _vega() -> bytes:
    import vl_convert

    return (vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;") + "\n").encode()


@cache
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
