"""The table of kinds: a new kind of experiment is a file and a row."""

from __future__ import annotations

from mixbench.papers.kinds.gan import GAN
from mixbench.papers.kinds.kind import Kind
from mixbench.papers.kinds.localisation import LOCALISATION
from mixbench.papers.kinds.records import RECORDS
from mixbench.papers.kinds.transfer import TRANSFER
from mixbench.spec.errors import unknown

KINDS: dict[str, Kind] = {
    "records": RECORDS,
    "gan": GAN,
    "localisation": LOCALISATION,
    "transfer": TRANSFER,
}


def kind_of(name: str) -> Kind:
    """Return a kind by its name; MixBenchError for one that is none."""
    if name not in KINDS:
        raise unknown("kind of experiment", name, KINDS, f"known are {', '.join(KINDS)}")
    return KINDS[name]
