"""A method's origin: citation and BibTeX from fields, against entries written by hand."""

import pytest

from mixbench.augment.origin import Origin
from mixbench.augment.protocol import Augmentation

WIDE = Origin(
    title="Wide Residual Networks",
    authors="Sergey Zagoruyko and Nikos Komodakis",
    year=2016,
    link="https://arxiv.org/abs/1605.07146",
    venue="British Machine Vision Conference (BMVC)",
    repository="https://github.com/szagoruyko/wide-residual-networks",
    why="Theirs.",
)


def test_bibtex_and_citation():
    assert WIDE.citation == "Zagoruyko and Komodakis, 2016, arXiv 1605.07146"
    assert WIDE.bibtex == (
        "@inproceedings{zagoruyko2016wide,\n"
        "  title = {{Wide Residual Networks}},\n"
        "  author = {Sergey Zagoruyko and Nikos Komodakis},\n"
        "  year = {2016},\n"
        "  booktitle = {British Machine Vision Conference (BMVC)},\n"
        "  eprint = {1605.07146},\n"
        "  archivePrefix = {arXiv},\n"
        "  url = {https://arxiv.org/abs/1605.07146}\n"
        "}"
    )


def test_an_article_without_arxiv():
    survey = Origin(
        title="A Survey",
        authors="Ann Author and Bob Ben Berg and Carl Cohn",
        year=2019,
        link="https://doi.org/10.1",
        why="Theirs.",
        venue="Journal of Big Data",
        entry="article",
        details={"volume": "6", "pages": "60"},
        no_repository="a survey",
    )
    assert survey.citation == "Author et al., 2019, Journal of Big Data 6"
    assert survey.bibtex.startswith("@article{author2019survey,")
    assert "journal = {Journal of Big Data},\n  volume = {6},\n  pages = {60},\n  url" in survey.bibtex


def test_the_key_has_plain_letters():
    trivial = Origin(
        title="TrivialAugment", authors="Samuel G. Müller and Frank Hutter", year=2021, link="x", why="w",
        no_repository="an example",
    )  # fmt: skip
    assert trivial.bibtex.startswith("@misc{muller2021trivialaugment,")


def test_needs_a_repository_or_the_reason_for_none():
    with pytest.raises(ValueError, match="repository"):
        Origin(title="T", authors="A B", year=2000, link="x", why="w")


def test_a_methods_paper_is_its_origins():
    class Wide(Augmentation):
        origin = WIDE

    class Other(Wide):
        paper = "ours"

    assert (Wide.paper, Other.paper) == (WIDE.citation, "ours")
