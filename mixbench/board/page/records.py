"""A row's records for the page: readings, curves, where they were made, contributed sources."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mixbench.results.found import Found, Status
from mixbench.results.measures import BY_NAME
from mixbench.results.record import MAX_LINE, Record
from mixbench.spec.plain import plain, plain_name

MOST_POINTS = 400
"""Of a curve; more is no curve that a battery made."""
MOST_CURVES = 40
MOST_PACKAGES = 60

_AXES = ("eps", "lambda", "epoch")


class Table:
    """Values that many records share, each kept once."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, value: Any) -> int:
        """Return the place of a value among the entries, which it joins where it is new."""
        key = json.dumps(value, sort_keys=True)
        if key not in self._places:
            self._places[key] = len(self.entries)
            self.entries.append(value)
        return self._places[key]


def record_data(found: Found, environments: Table) -> dict[str, Any]:
    """Return a record as the page shows it; where it was made is kept once for all that were made there."""
    record = found.record
    made = record.provenance
    return {
        "file": plain(found.path.name),
        "path": _kept_at(found),
        "seed": record.seed,
        "digest": record.digest,
        "created": plain(made.created),
        "seconds": short(sum(made.seconds.values())),
        "elsewhere": sorted(map(plain, made.trainings_made_with))[:MOST_PACKAGES],
        "environment": environments.place(_environment(record)),
        "methods": [[plain_name(name), plain(str(version))] for name, version in record.method_versions.items()],
        "readings": {
            name: [short(reading.value), short(reading.low), short(reading.high), reading.n]
            for name, reading in record.readings.items()
            if name in BY_NAME
        },
        "curves": _curves(record.curves),
    }


def _kept_at(found: Found) -> str | None:
    """Where a board keeps a record, quoted as part of an address; None for one that lies on no board."""
    if found.status not in (Status.VERIFIED, Status.CLAIMED):
        return None
    return "/".join(quote(os.fsencode(part), safe="") for part in (found.record.suite, *found.path.parts[-2:]))


def _environment(record: Record) -> dict[str, Any]:
    made = record.provenance
    return {
        "mixbench": plain(record.mixbench_version),
        "commit": plain(made.commit) if made.commit else None,
        "dirty": made.dirty,
        "python": plain(made.python),
        "device": plain(made.device),
        "threads": made.threads,
        "packages": [[plain(name), plain(made.packages[name])] for name in sorted(made.packages)[:MOST_PACKAGES]],
    }


def _curves(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> list[Any]:
    """Return each curve as [its name, name of its axis, places, values]; what is no curve is left out."""
    found = []
    for name, columns in list(curves.items())[:MOST_CURVES]:
        axis = next((axis for axis in _AXES if axis in columns), None)
        values = next((columns[column] for column in columns if column != axis), None)
        if axis is not None and values is not None and len(values) == len(columns[axis]) <= MOST_POINTS:
            found.append([plain(name), axis, [short(x) for x in columns[axis]], [short(y) for y in values]])
    return found


def sources_data(found: Iterable[Found]) -> list[dict[str, Any]]:
    """Return the contributed methods' files, each once, as text to read."""
    sources = {
        source.sha256: {
            "file": plain(source.file),
            "sha256": source.sha256,
            "text": "\n".join(plain(line.replace("\t", "    "), MAX_LINE) for line in source.text.split("\n")),
        }
        for each in found
        for source in each.record.sources.values()
    }
    return [sources[digest] for digest in sorted(sources)]


def short(number: float | None) -> float | None:
    """Return a number with six digits, which is more than the page shows; None for what is no number."""
    return None if number is None or not math.isfinite(number) else float(f"{number:.6g}")
