"""Where a method comes from: its paper, its authors' code and settings, and what ours does otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from unicodedata import normalize

_ARXIV = re.compile(r"https://arxiv\.org/abs/(\d{4}\.\d{4,5})")
_VENUE_FIELD = {"inproceedings": "booktitle", "article": "journal", "book": "publisher"}


@dataclass(frozen=True)
class Origin:
    """A method's paper and its authors' code, and how our method stands to them.

    title, year, link: of the paper; the link is arXiv's or the venue's.
    authors: all of them as BibTeX writes them, "First Last and First Last".
    venue: the conference, journal or publisher; empty for a preprint.
    entry: the kind of BibTeX entry; without a venue it is "misc".
    details: further fields of the entry, such as volume, number and pages.
    repository: the authors' code, or nothing; then `no_repository` says why.
    commit: the one that ours was compared with.
    settings: the authors' settings as specs of our method, such as {"CIFAR": "cutmix(probability=0.5)"}.
    why: one sentence on why our defaults are what they are.
    departures: one sentence for each thing that ours does otherwise.
    """

    title: str
    authors: str
    year: int
    link: str
    why: str
    venue: str = ""
    entry: str = "inproceedings"
    details: Mapping[str, str] = field(default_factory=dict)
    repository: str | None = None
    no_repository: str = ""
    commit: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    departures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse, by ValueError, what would leave a reader without a source."""
        if not self.repository and not self.no_repository:
            raise ValueError(f"origin of {self.title!r}: needed a repository or the reason for none")
        if self.venue and self.entry not in _VENUE_FIELD:
            raise ValueError(f"origin of {self.title!r}: needed one of {', '.join(_VENUE_FIELD)}, got {self.entry!r}")

    @property
    def arxiv(self) -> str:
        """The paper's number on arXiv, or nothing."""
        found = _ARXIV.fullmatch(self.link)
        return found[1] if found else ""

    @property
    def citation(self) -> str:
        """The paper in a few words, such as 'Zhang et al., 2018, arXiv 1710.09412'."""
        surnames = [author.split()[-1] for author in self.authors.split(" and ")]
        who = f"{surnames[0]} et al." if len(surnames) > 2 else " and ".join(surnames)
        short = re.search(r"\((\w+)\)$", self.venue)
        venue = f"{short[1] if short else self.venue} {self.details.get('volume', '')}".strip()
        return f"{who}, {self.year}, {f'arXiv {self.arxiv}' if self.arxiv else venue}"

    @property
    def bibtex(self) -> str:
        """The paper as a BibTeX entry."""
        entry = self.entry if self.venue else "misc"
        lines = {"title": f"{{{self.title}}}", "author": self.authors, "year": str(self.year)}
        if self.venue:
            lines[_VENUE_FIELD[entry]] = self.venue
        lines |= self.details
        if self.arxiv:
            lines |= {"eprint": self.arxiv, "archivePrefix": "arXiv"}
        lines["url"] = self.link
        body = ",\n".join(f"  {name} = {{{text}}}" for name, text in lines.items())
        return f"@{entry}{{{self._key},\n{body}\n}}"

    @property
    def _key(self) -> str:
        surname = self.authors.split(" and ")[0].split()[-1]
        word = re.findall(r"[a-z]{3,}", self.title.lower())[0]
        return f"{re.sub('[^a-z]', '', normalize('NFKD', surname.lower()))}{self.year}{word}"
