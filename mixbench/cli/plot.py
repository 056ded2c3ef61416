"""`mixbench plot`: curves of records as a figure."""

from __future__ import annotations

from pathlib import Path

from mixbench.cli.output import check_place, picture_kind, write_file
from mixbench.report.console import console
from mixbench.show.curves import read_chart


def plot(*records: Path, what: str, out: Path) -> None:
    """Draw curves of records over one another, the seeds of a method as one line.

    Parameters
    ----------
    records
        Records' .json files.
    what
        eps: error over the attack's ε. noise: over the share of redrawn labels. reliability: accuracy over confidence.
        between: behaviour on mixtures of two training images. epochs: test error after each epoch.
    out
        The figure's file, ending in .png, .svg or .pdf.
    """
    from mixbench.show.chart import draw

    kind = picture_kind("--out", out)
    check_place("--out", out)
    write_file("--out", out, draw(read_chart(records, what), kind))
    console().print(f"figure {out}", markup=False, soft_wrap=True)
