"""Panels of the plane: how probable a class is everywhere, what lies where, and circles; drawn side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from mixbench.show.figure import COLOURS, GREY, INK, WHITE, legible, rendered, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Places = Float[np.ndarray, "n 2"]
Extent = tuple[float, float, float, float]
"""The least and largest x, the least and largest y."""

SIDE, DPI = 2.6, 200


@dataclass(frozen=True)
class Dots:
    """Points of one colour of COLOURS, named in the legend; `edged` ones stand out from a coloured plane."""

    places: Places
    colour: int
    label: str
    edged: bool = False


@dataclass(frozen=True)
class Panel:
    """One panel: what it is called, in lines, and what lies in it.

    `shares` (H, W), from the least to the largest y, are in [0, 1] and coloured from COLOURS[0] to COLOURS[1], with a
    line at one half; `centres` have circles of one `radius`.
    """

    title: Sequence[str]
    extent: Extent
    dots: Sequence[Dots]
    shares: Float[np.ndarray, "h w"] | None = None
    centres: Places | None = None
    radius: float = 0.0


@dataclass(frozen=True)
class Planes:
    """Rows of panels under a title, and a note under them."""

    title: str
    note: str
    rows: Sequence[Sequence[Panel]]

    def draw(self, kind: str) -> bytes:
        """Return a file of one of KINDS."""
        with style():
            return rendered(_figure(self), kind, DPI)


def _figure(planes: Planes) -> Figure:
    from matplotlib.figure import Figure

    columns = max(map(len, planes.rows))
    figure = Figure((SIDE * columns + 0.4, (SIDE + 0.2) * len(planes.rows) + 1.1), layout="constrained")
    grid = figure.subplots(len(planes.rows), columns, squeeze=False)
    for line, panels in zip(grid, planes.rows, strict=True):
        for axes, panel in zip(line, panels, strict=False):
            _panel(axes, panel)
        for axes in line[len(panels) :]:
            axes.remove()
    figure.suptitle(legible(planes.title), x=0.01, ha="left", fontsize=10, fontweight="bold", wrap=True)
    drawn = [each for axes in figure.axes for each in zip(*axes.get_legend_handles_labels(), strict=True)]
    handles = {text: handle for handle, text in drawn}
    legend = figure.legend(
        handles.values(), handles, loc="outside lower left", ncols=max(len(handles), 1), frameon=False, fontsize=8,
        title=legible(planes.note), title_fontsize=7.5, alignment="left", markerscale=2,
    )  # fmt: skip
    legend.get_title().set_color(GREY)
    return figure


def _panel(axes: Axes, panel: Panel) -> None:
    axes.set_title("\n".join(map(legible, panel.title)), loc="left", fontsize=8)
    axes.set(xlim=panel.extent[:2], ylim=panel.extent[2:], aspect="equal")
    axes.tick_params(labelsize=7)
    if panel.shares is not None:
        _field(axes, panel.shares, panel.extent)
    for dots in panel.dots:
        look: dict[str, Any] = (
            {"edgecolors": WHITE, "linewidths": 0.3, "s": 9} if dots.edged else {"linewidths": 0, "s": 3}
        )
        # A picture of points, since thousands of marks weigh too much in a file of lines.
        axes.scatter(
            *dots.places.T, color=COLOURS[dots.colour], label=legible(dots.label), rasterized=True, zorder=3, **look
        )
    if panel.centres is not None:
        _circles(axes, panel.centres, panel.radius)


def _field(axes: Axes, shares: Float[np.ndarray, "h w"], extent: Extent) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("shares", [COLOURS[0], WHITE, COLOURS[1]])
    axes.imshow(
        shares, extent=extent, origin="lower", cmap=colours, vmin=0, vmax=1, alpha=0.75, interpolation="nearest"
    )
    if shares.min() < 0.5 < shares.max():
        axes.contour(shares, levels=[0.5], extent=extent, origin="lower", colors=[INK], linewidths=0.9)


def _circles(axes: Axes, centres: Places, radius: float) -> None:
    from matplotlib.collections import EllipseCollection

    size = np.full(len(centres), 2 * radius)
    axes.add_collection(
        EllipseCollection(
            size, size, np.zeros(len(centres)), units="x", offsets=centres, offset_transform=axes.transData,
            facecolors="none", edgecolors=INK, linewidths=0.6, zorder=2,
        )
    )  # fmt: skip
