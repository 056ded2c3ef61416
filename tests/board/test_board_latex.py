"""A board as LaTeX: whole rows, what a stranger wrote is text, and every paper is there."""

import re

import pytest
from boards import content, outcomes_of, write_board, write_record

from mixbench.board.latex import latex, latex_text
from mixbench.board.read import read_board
from mixbench.results.measures import HEADLINE

NASTY = r"evil\input{/etc/passwd}%$#&_^~{}|<>"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = write_board(tmp_path_factory.mktemp("latex"))
    values = {"clean.top1_error": 0.5, "calibration.ece": 0.1}
    made = content("own.py:M", 0, values, backbone="test_resnet", method_versions={"own.py:M": NASTY})
    write_record(folder / "tiny" / "records", made, outcomes_of(values))
    return latex_text(read_board(folder), HEADLINE)


def test_every_row_has_as_many_cells_as_the_table_has_columns(written):
    columns = re.search(r"\\begin\{tabular\}\{(l+r+)\}", written)[1]
    body = written.split(r"\toprule")[1].split(r"\bottomrule")[0]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 1 + 3 + 3 + 1
    assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(columns)}


def test_intervals_ties_resolution_digest_and_commit_are_in_it(written):
    assert re.search(r"mixup & 3 & \d/\d & \\textbf\{1\.1\}\$\^\{1\}\$ \{\\scriptsize \[0\.\d, 1\.\d\]\}", written)
    assert re.search(r"erm & 3 & \d/\d & 2\.1\$\^\{3\}\$", written)
    assert r"\emph{resolution}" in written
    assert re.search(r"suite digest \\texttt\{[0-9a-f]{12}\}", written)
    assert "Sorted by wins less losses against 3 panel rows in 2 measures." in written


def test_the_papers_of_the_methods_and_mixbench_itself_can_be_cited(written):
    references = written.split(r"\begin{filecontents}[overwrite]{mixbench.bib}")[1].split(r"\end{filecontents}")[0]
    titles = re.findall(r"title = \{(.*)\}", references)
    assert any(title.startswith("{CutMix") for title in titles)
    assert any("mixup" in title for title in titles)
    assert len(re.findall(r"^@misc\{mixbench,", references, re.MULTILINE)) == 1


def test_a_strangers_words_are_no_commands():
    assert latex(NASTY) == (
        r"evil\textbackslash{}input\{/etc/passwd\}\%\$\#\&\_\textasciicircum{}\textasciitilde{}\{\}"
        r"\textbar{}\textless{}\textgreater{}"
    )
