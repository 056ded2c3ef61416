"""A chart of records' curves, drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mixbench.show.curves import Chart, Line, Panel
from mixbench.show.figure import COLOURS, GREY, INK, TRACK, legible, rendered, style
from mixbench.spec.errors import MixBenchError

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES, MARKERS = ("-", (0, (4, 1.5))), ("o", "s", "^", "D", "v", "P", "X")
MOST = len(COLOURS) * len(DASHES)
WIDTH, HEIGHT, DPI = 3.1, 2.9, 200


def draw(chart: Chart, kind: str) -> bytes:
    """Draw a chart as a file of a kind; MixBenchError where it has more lines than can be told apart."""
    if len(chart.labels) > MOST:
        raise MixBenchError(
            f"plot: at most {MOST} methods can be told apart in one figure, got {len(chart.labels)}; give fewer records"
        )
    with style():
        return rendered(_figure(chart), kind, DPI)


def _figure(chart: Chart) -> Figure:
    from matplotlib.figure import Figure

    per_row = len(chart.panels) if len(chart.panels) <= 3 else 2
    rows = -(-len(chart.panels) // per_row)
    figure = Figure((WIDTH * per_row + 1.6, HEIGHT * rows + 0.5), layout="constrained")
    places = figure.subplots(rows, per_row, squeeze=False).ravel()
    for axes, panel in zip(places, chart.panels, strict=False):
        _panel(axes, panel, chart.labels)
    for axes in places[len(chart.panels) :]:
        axes.remove()
    _ranges([(axes, panel) for axes, panel in zip(figure.axes, chart.panels, strict=True)])
    figure.suptitle(legible(chart.title), x=0.01, ha="left", fontsize=11, fontweight="bold")
    figure.supxlabel(chart.note, x=0.01, ha="left", fontsize=7.5, color=GREY)
    handles = {text: handle for axes in figure.axes for handle, text in _handles(axes)}
    ordered = [handles[name] for name in map(legible, chart.labels) if name in handles]
    figure.legend(handles=ordered, loc="outside right upper", frameon=False, fontsize=8.5)
    return figure


def _handles(axes: Axes) -> Iterable[tuple[Artist, str]]:
    return zip(*axes.get_legend_handles_labels(), strict=True)


def _panel(axes: Axes, panel: Panel, labels: tuple[str, ...]) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    what = panel.axes
    axes.set_title(what.title, loc="left", fontsize=9.5)
    axes.set_xlabel(what.x, fontsize=9)
    axes.set_ylabel(what.y, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=TRACK, linewidth=0.8)
    axes.set_axisbelow(True)
    for line in panel.lines:
        _line(axes, line, labels.index(line.label), what.steps)
    _guide(axes, panel)
    if what.x in ("confidence", "labels redrawn"):
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if what.x == "epoch":
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))


def _ranges(drawn: list[tuple[Axes, Panel]]) -> None:
    """From zero, alike where panels show the same quantity, and no share beyond 1."""
    from matplotlib.ticker import PercentFormatter

    tops: dict[str, float] = {}
    for axes, panel in drawn:
        tops[panel.axes.y] = max(tops.get(panel.axes.y, 0.0), axes.get_ylim()[1])
    for axes, panel in drawn:
        top = min(tops[panel.axes.y], 1.02) if panel.axes.percent else tops[panel.axes.y]
        axes.set_ylim(0, top)
        if panel.axes.percent:
            axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if top > 0.05 else 1))


def _line(axes: Axes, line: Line, place: int, steps: bool) -> None:
    colour, dashes = COLOURS[place % len(COLOURS)], DASHES[place // len(COLOURS)]
    if line.low is not None and line.high is not None:
        axes.fill_between(
            line.x, line.low, line.high, color=colour, alpha=0.13, linewidth=0, step="mid" if steps else None
        )
    axes.plot(
        line.x,
        line.y,
        label=legible(line.label),
        color=colour,
        linestyle=dashes,
        linewidth=1.6,
        marker="" if steps else MARKERS[place % len(MARKERS)],
        markersize=3.6,
        markeredgewidth=0,
        drawstyle="steps-mid" if steps else "default",
    )


def _guide(axes: Axes, panel: Panel) -> None:
    if panel.axes.guide is None:
        return
    left, right = panel.axes.guide
    low, high = (0.0, 1.0) if left != right else axes.get_xlim()
    axes.plot([low, high], [left, right], color=INK, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    axes.set_xlim(low, high)
