"""All experiments that run here as one document: what came out for every claim, then each table with its command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mixbench.papers.layout import markdown
from mixbench.papers.reproduce import Reproduced
from mixbench.papers.verdict import Ruling, Verdict
from mixbench.papers.words import claim_cells
from mixbench.report.markup import markdown_table, markdown_text

HEAD = ("paper", "claim", "on", "verdict", "difference", "95 %")
TITLE = """# The papers' claims, run again

Made by `mixbench reproduce --all`; not to be edited by hand. Each claim is judged on the data named beside it, at a
budget for two cores: what it says is of those, not of the paper's own. Differences are paired over seeds and examples,
two-sided, at 5 % by Holm within an experiment on one suite; *no difference* means surely none larger than the number
said."""


def document(runs: Sequence[tuple[str, Reproduced]]) -> str:
    """Write experiments as measured, each with the suite it was run on, in Markdown."""
    verdicts = [(on, made, each) for on, made in runs for each in made.verdicts]
    counts = Counter(each.ruling for _, _, each in verdicts)
    summary = ", ".join(f"{counts[ruling]} {ruling.value}" for ruling in Ruling if counts[ruling])
    table = markdown_table(HEAD, [_row(*each) for each in verdicts], range(len(HEAD)))
    return "\n\n".join([TITLE, f"Of {len(verdicts)} claims: {summary}.", table, *map(_section, runs)]).rstrip() + "\n"


def _row(on: str, made: Reproduced, verdict: Verdict) -> tuple[str, ...]:
    text, told, difference, interval = claim_cells(made, verdict)
    return made.experiment.key, text, on, told, difference, interval


def _section(run: tuple[str, Reproduced]) -> str:
    on, made = run
    return f"## {markdown_text(made.experiment.key)} on {on}\n\n`{command_of(on, made)}`\n\n{markdown(made).strip()}"


def command_of(on: str, made: Reproduced) -> str:
    """Return what runs an experiment again."""
    return f"mixbench reproduce {made.experiment.key} --on {on} --seeds {made.seeds}"
