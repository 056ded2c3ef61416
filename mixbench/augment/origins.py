"""Papers that several methods come from; each method adds why its defaults are what they are."""

from __future__ import annotations

from mixbench.augment.origin import Origin

SIMARD_2003 = Origin(
    title="Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis",
    authors="Patrice Y. Simard and Dave Steinkraus and John C. Platt",
    year=2003,
    link="https://doi.org/10.1109/ICDAR.2003.1227801",
    venue="International Conference on Document Analysis and Recognition (ICDAR)",
    details={"pages": "958--963"},
    no_repository="a basic transform; the paper has no code",
    why="",
)

SHORTEN_2019 = Origin(
    title="A survey on Image Data Augmentation for Deep Learning",
    authors="Connor Shorten and Taghi M. Khoshgoftaar",
    year=2019,
    link="https://doi.org/10.1186/s40537-019-0197-0",
    venue="Journal of Big Data",
    entry="article",
    details={"volume": "6", "pages": "60"},
    no_repository="a basic transform that the survey lists",
    why="",
)
