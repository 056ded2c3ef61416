"""`mixbench export`: a record in another tool's format."""

from __future__ import annotations

import sys
from pathlib import Path

from mixbench.cli.output import write_file
from mixbench.results.export import export_record
from mixbench.results.record import load_record


def export(
    record: Path, /, *, to: str, out: Path | None = None, dataset: str | None = None, source: str | None = None
) -> None:
    """Write a record as RobustBench-style JSON or as Hugging Face's .eval_results YAML.

    Parameters
    ----------
    record
        The record's JSON file.
    to
        robustbench or huggingface. AutoAttack's accuracy, which MixBench does not measure, stays null.
    out
        The file to write; else stdout.
    dataset
        With huggingface: the id of the benchmark's dataset on the Hub, else mixbench/SUITE.
    source
        With huggingface: an https link to the record.
    """
    text = export_record(load_record(record), to, dataset, source)
    if out is None:
        sys.stdout.write(text)
        return
    write_file("--out", out, text.encode())
