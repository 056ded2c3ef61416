"""`mixbench show`: what an augmentation does to images and targets, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.cli.output import check_place, picture_kind, write_file
from mixbench.cli.seeds import parse_seed
from mixbench.report.console import console
from mixbench.show.gallery import gallery
from mixbench.show.showcase import showcase
from mixbench.spec.suite import DEFAULT_SUITE


def show(
    *,
    aug: Annotated[list[str], Parameter(negative_iterable=())],
    out: Path,
    suite: str = DEFAULT_SUITE,
    seed: Annotated[str, Parameter(allow_leading_hyphen=True)] = "0",
) -> None:
    """Draw originals, partners, results and targets of an augmentation.

    Parameters
    ----------
    aug
        The augmentation's spec, such as cutmix or 'mixup(alpha=8)'; several are drawn side by side on the same images.
    out
        The picture's file, ending in .png, .svg or .pdf.
    suite
        A suite's name or TOML file, whose training images are drawn.
    seed
        Of the images and of the method's draws, 0 or more.
    """
    kind = picture_kind("--out", out)
    check_place("--out", out)
    write_file("--out", out, gallery([showcase(spec, suite, parse_seed(seed)) for spec in aug], kind))
    console().print(f"picture {out}", markup=False, soft_wrap=True)
