"""All experiments that run here as one document: what came out for every claim, then each table with its command."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mixbench.papers.every import Run
from mixbench.papers.layout import markdown_numbers
from mixbench.papers.reproduce import Reproduced
from mixbench.papers.verdict import Ruling, Verdict
from mixbench.papers.words import claim_cells
from mixbench.report.markup import markdown_table, markdown_text
from mixbench.runs.provenance import cpu_model, made_with

HEAD = ("experiment", "on", "claim", "verdict", "difference", "95 %", "seeds")
TITLE = """# The papers' claims, run again

Made by `mixbench reproduce --all`; not to be edited by hand. Each claim is judged on the data named beside it, at a
budget for two cores: what it says is of those, not of the paper's own. A line is run again by
`mixbench reproduce EXPERIMENT --on ON --seeds SEEDS`.

Differences are of the row that a claim is about from the one that it is held against, such as mixup from ERM, paired
over seeds and examples, errors and shares in percentage points; two-sided at 5 % by Holm within an experiment on one
suite. The interval is of its line alone: it may leave out 0 where the verdict, which allows for the other lines, is not
sure. *No difference* means surely none larger than the number said."""
PACKAGES = ("torch", "torchvision", "timm", "numpy")


def document(runs: Sequence[Run], planned: int) -> str:
    """Write experiments as measured, of so many that are to be, in Markdown."""
    parts = [TITLE, markdown_text(_about())]
    if len(runs) < planned:
        parts.append(f"**Not finished: {len(runs)} of {planned} experiments so far; the same command goes on.**")
    claims = [_row(run, each) for run in runs for each in run.judged]
    parts += [_papers(runs), markdown_table(HEAD, claims, range(len(HEAD)))]
    if unrun := [_unrun(run) for run in runs if run.reasons]:
        parts.append("## Not run\n\n" + "\n".join(unrun))
    return "\n\n".join([*parts, *(_section(run.on, run.made) for run in runs if run.made and _ran(run.made))]) + "\n"


def _about() -> str:
    """On what, with what and when."""
    made = made_with()
    packages = ", ".join(f"{name} {made['packages'][name]}" for name in PACKAGES if name in made["packages"])
    commit = f" at {made['commit'][:10]}{', changed' if made['dirty'] else ''}" if made["commit"] else ""
    return (
        f"Written on {datetime.now(UTC):%Y-%m-%d} by MixBench {made['packages'].get('mixbench', '')}{commit} on"
        f" {cpu_model() or 'a CPU without a name'}, {os.cpu_count()} cores, with Python {made['python']}, {packages}."
        " How many threads a training has its suite says; records of a board say their own machine."
    )


def _papers(runs: Iterable[Run]) -> str:
    """How many claims of each paper came out how."""
    counts: dict[str, Counter[str]] = {}
    for run in runs:
        count = counts.setdefault(run.experiment.paper, Counter())
        count.update(each.ruling.value for each in run.judged)
        count[Ruling.NOT_RUN.value] += run.open
    names = [ruling.value for ruling in Ruling if any(count[ruling.value] for count in counts.values())]
    total = sum(counts.values(), Counter())
    rows = [(paper, *(str(count[name]) for name in names)) for paper, count in counts.items()]
    return markdown_table(("claims of", *names), [*rows, ("all", *(str(total[name]) for name in names))])


def _row(run: Run, verdict: Verdict) -> tuple[str, ...]:
    assert run.made
    assert verdict.pair
    return run.experiment.key, run.on, *claim_cells(run.made, verdict), str(verdict.pair.seeds)


def _unrun(run: Run) -> str:
    claims = f", claims not judged: {run.open}" if run.open else ""
    text = f"{run.experiment.key} on {run.on}{claims}: {'; '.join(run.reasons)}"
    return f"- {markdown_text(text)}"


def _ran(made: Reproduced) -> bool:
    return any(each.tables for each in made.measured)


def _section(on: str, made: Reproduced) -> str:
    title = markdown_text(f"{made.experiment.key} on {on}")
    return f"## {title}\n\n`{command_of(on, made)}`\n\n{markdown_numbers(made)}"


def command_of(on: str, made: Reproduced) -> str:
    """Return what runs an experiment again."""
    return f"mixbench reproduce {made.experiment.key} --on {on} --seeds {made.seeds}"
