"""A board as a LaTeX table for a paper, with the methods' references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mixbench.augment.table import BY_NAME as METHODS
from mixbench.board.rows import Board, Cell, Group, Row
from mixbench.board.words import head_lines, head_titles, number, seeds, sorting, title, wins
from mixbench.results.measures import BY_NAME, Direction
from mixbench.spec.errors import MixBenchError
from mixbench.spec.grammar import parse
from mixbench.spec.plain import plain_name

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "|": r"\textbar{}", "<": r"\textless{}",
    ">": r"\textgreater{}", '"': r"\textquotedbl{}", "–": "--",
}  # fmt: skip
_SIGNS = {Direction.LOWER: r"$\downarrow$", Direction.ZERO: r"$\to 0$", Direction.CEILING: r"$\uparrow$"}

SELF = """@misc{mixbench,
  title = {{MixBench}: mix-style augmentations under attack, label noise and miscalibration},
  author = {{The MixBench developers}},
  year = {2026},
  note = {Software and leaderboards}
}"""

MOST_COMMITS = 6


def latex_text(board: Board, measures: Sequence[str]) -> str:
    """Return booktabs tables, one a group: means with intervals, ranks raised, what each column can tell, whence.

    A filecontents environment before them writes mixbench.bib with the papers of the methods and MixBench itself.
    """
    tables = [_group(group, [name for name in measures if name in group.columns]) for group in board.groups]
    return "\n\n".join([_NEEDS, _references(board), *tables]) + "\n"


_NEEDS = r"% Needs \usepackage{booktabs}; write \cite{...} with the keys of mixbench.bib."


def latex(words: str) -> str:
    """Return a stranger's words as LaTeX text: no command comes of them."""
    return "".join(_ESCAPES.get(character, character) for character in plain_name(words, 300))


def _references(board: Board) -> str:
    entries = dict.fromkeys(entry for group in board.groups for row in group.all_rows for entry in _papers(row))
    return "\n".join([r"\begin{filecontents}[overwrite]{mixbench.bib}", *entries, SELF, r"\end{filecontents}"])


def _papers(row: Row) -> Iterator[str]:
    try:
        names = [method.name for choice in parse(row.augmentation) for method in choice]
    except MixBenchError:
        return
    for name in names:
        origin = METHODS[name].origin if name in METHODS else None
        if origin:
            yield origin.bibtex


def _group(group: Group, names: Sequence[str]) -> str:
    columns = "l" + "r" * (2 + len(names))
    said = [_head(group, names), r"\midrule", *(_row(row, names) for row in group.rows)]
    if group.unranked:
        said += [r"\midrule", *(_row(row, names) for row in group.unranked)]
    lines = [r"\begin{table}", r"\centering", rf"\caption{{{_caption(group)}}}", rf"\begin{{tabular}}{{{columns}}}"]
    return "\n".join([*lines, r"\toprule", *said, r"\bottomrule", r"\end{tabular}", r"\end{table}"])


def _head(group: Group, names: Sequence[str]) -> str:
    first = rf"method & seeds & wins/losses & {' & '.join(map(_title, names))} \\"
    lines = zip(*(head_lines(group.columns.get(name)) for name in names), strict=True)
    rest = (
        rf"\emph{{{called}}} & & & {' & '.join(map(latex, line))} \\"
        for called, line in zip(head_titles(names), lines, strict=False)
    )
    return "\n".join([first, r"\midrule", *rest])


def _title(name: str) -> str:
    measure = BY_NAME[name]
    return f"{latex(f'{measure.section}, {measure.short}')} {_SIGNS.get(measure.direction, '')}".strip()


def _row(row: Row, names: Sequence[str]) -> str:
    label = f"{latex(row.label)} ({row.status.value})" if row.notes else latex(row.label)
    cells = " & ".join(_cell(name, row.cells.get(name)) for name in names)
    return rf"{label} & {seeds(row)} & {latex(wins(row))} & {cells} \\"


def _cell(name: str, cell: Cell | None) -> str:
    if cell is None:
        return "--"
    value = rf"\textbf{{{number(name, cell.value)}}}" if cell.best else number(name, cell.value)
    rank = f"$^{{{cell.rank}}}$" if cell.rank else ""
    if cell.low is None or cell.high is None:
        return value + rank
    return rf"{value}{rank} {{\scriptsize [{number(name, cell.low)}, {number(name, cell.high)}]}}"


def _caption(group: Group) -> str:
    found = sorted({
        commit[:12] for row in group.rows for each in row.records if (commit := each.record.provenance.commit)
    })  # fmt: skip
    commits = f", measured at commits {', '.join(found[:MOST_COMMITS])}{' and others' * (len(found) > MOST_COMMITS)}"
    return (
        rf"{latex(title(group))}, suite digest \texttt{{{group.suite_digest[:12]}}}{commits if found else ''}."
        f" {latex(sorting(group))}."
        r" Means in percent with 95\,\% intervals over seeds and test draws; raised: rank, equal ranks are ties."
        r" Differences below a column's resolution are not told apart. \cite{mixbench}"
    )
