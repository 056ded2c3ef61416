"""Benchmarks by name, what they measured as JSON and as a table, and the table in docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

NAMES = ("training", "battery", "evaluating", "workers", "startup", "memory", "board", "growth")
BEGIN, END = "<!-- benchmarks/run: table -->", "<!-- benchmarks/run: end -->"
ROOT = Path(__file__).resolve().parent.parent


def main(words: Sequence[str] | None = None) -> int:
    """Measure, or lay out what was measured; return the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks/run", description="What MixBench takes beside what it must.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all where none is given")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and sizes, about four minutes")
    parser.add_argument("--long", action="store_true", help="a board of 10,000 records too")
    parser.add_argument("--repeats", type=int, default=5, help="rounds; what takes long has three at most")
    parser.add_argument("--json", type=Path, help="where to write, or with --from to read, what was measured")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--from", dest="old", type=Path, help="a JSON file of before, instead of measuring")
    parser.add_argument("--write", type=Path, help="a document whose marked place gets the table")
    given = parser.parse_args(words)
    if unknown := [name for name in given.names if name not in NAMES]:
        parser.error(f"unknown benchmark {unknown[0]!r}; known are {', '.join(NAMES)}")
    found = json.loads(given.old.read_text()) if given.old else measured(given)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if given.write:
        write(given.write, found)
    if given.markdown or not given.json:
        sys.stdout.write(markdown(found) + "\n")
    return 0


def measured(given: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmarks; each row is told as it is there."""
    # One thread is what a worker has; libraries read it when they load, processes are started without it.
    os.environ["OMP_NUM_THREADS"] = "1"
    os.chdir(ROOT)
    from measured import Settings

    settings = Settings(given.repeats if not given.quick else min(given.repeats, 3), given.quick, given.long)
    rows, started = [], time.perf_counter()
    for name in given.names or NAMES:
        for row in import_module(name).measure(settings):
            rows.append(row.json())
            sys.stderr.write(f"{time.perf_counter() - started:6.0f} s  {line(rows[-1])}\n")
    words = " ".join(["benchmarks/run", *given.names, *(["--quick"] if given.quick else []),
                      *(["--long"] if given.long else []), "--repeats", str(settings.repeats)])  # fmt: skip
    return {"command": words, "machine": machine(), "seconds": round(time.perf_counter() - started), "rows": rows}


def machine() -> dict[str, Any]:
    """Say what was measured on."""
    import timm
    import torch

    from mixbench.runs.provenance import cpu_model

    versions = {"python": platform.python_version(), "torch": torch.__version__, "timm": timm.__version__}
    return {"cpu": cpu_model() or platform.machine(), "cores": os.cpu_count(), **versions}


def line(row: dict[str, Any]) -> str:
    """Return a row for people."""
    return f"{row['benchmark']}: {row['what']}: {number(row['median'])} {row['unit']} {row['aim']}"


def markdown(found: dict[str, Any]) -> str:
    """Return the table with what it was measured by and on."""
    on = found["machine"]
    head = (
        f"`{found['command']}` in {found['seconds'] / 60:.0f} minutes on {on['cores']} cores of {on['cpu']}, Python"
        f" {on['python']}, torch {on['torch']}, timm {on['timm']}. Medians, and the least and the most of the rounds."
    )
    rows = [
        f"| {row['benchmark']} | {row['what']} | {number(row['median'])} | {row['unit']} |"
        f" {number(row['least'])} … {number(row['most'])} | {len(row['values'])} | {row['aim']} |"
        for row in found["rows"]
    ]
    titles = "| benchmark | what | median | unit | spread | rounds | aim |\n|---|---|--:|---|--:|--:|---|"
    return "\n".join([head, "", titles, *rows])


def number(value: float) -> str:
    """Return three significant digits."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(path: Path, found: dict[str, Any]) -> None:
    """Put the table into a document, between its marks."""
    text = path.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"benchmarks/run: needed {path} with one line {BEGIN!r} and one {END!r}")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{markdown(found)}\n{END}{after}", encoding="utf-8")
