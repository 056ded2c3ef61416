"""`mixbench submit`: records onto a board, and what remains to be done with git."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mixbench.cli.output import Flag
from mixbench.cli.rerun import Again, rerun_all, train_all
from mixbench.cli.validate import known
from mixbench.report.console import console
from mixbench.results.found import BOARD, Found
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain
from mixbench.spec.suite import load_suite
from mixbench.submission.judge import Reason, reasons_against
from mixbench.submission.steps import git_steps
from mixbench.submission.submit import Submitted
from mixbench.submission.submit import submit as put_on_board

INVALID = 1


def submit(
    *records: Path,
    board: Path = Path(BOARD),
    rerun: Flag = False,
    trust_source: Flag = False,
    runs: Path | None = None,
    train_only: Path | None = None,
    trained: Path | None = None,
    suite: Annotated[list[str] | None, Parameter(negative_iterable=())] = None,
) -> int:
    """Validate records, put them with their outcomes among a board's claims, and say the remaining git steps.

    What is taken is written anew. A claim is shown and never ranked, until it is run again.

    Parameters
    ----------
    records
        The records' .json files, each with its outcomes beside it.
    board
        The folder of boards, with a folder a suite.
    rerun
        Train and measure every record anew and compare; the new records become the board's, and the claims to them
        go. For maintainers.
    trust_source
        With --rerun or --train-only: run the source that a contributed method's record carries. Read it first, or run
        it where it can do no harm.
    runs
        With --rerun or --train-only: keep trainings in this folder, so that the same command goes on from there.
    train_only
        Make the trainings of contributed methods alone and put weights and outcomes into this folder; no board changes.
    trained
        With --rerun: take the trainings of contributed methods from what --train-only made, checked as a stranger's,
        and run no source.
    suite
        A TOML file of a suite of your own that the board is for; may be given several times.
    """
    _check_words(records)
    _check_together(rerun, train_only, trained, trust_source, runs)
    here = known(map(load_suite, suite or ()))

    def judge(path: Path, others: Sequence[Found]) -> Sequence[Reason]:
        return reasons_against(path, here, others)

    once = list(dict.fromkeys(records))
    if rerun or train_only:
        again = Again(board, judge, here.suites, trust_source, runs, trained)
        done = train_all(once, again, train_only) if train_only else rerun_all(once, again)
    else:
        done = put_on_board(once, board, judge)
    for reason in done.reasons:
        sys.stderr.write(f"{plain(reason.path)}: {plain(reason.reason, most=2000)}\n")
    if done.reasons:
        said = f"{len(done.reasons)} reason{'s' if len(done.reasons) > 1 else ''}"
        sys.stderr.write(f"mixbench: {said} against it; nothing was changed in {board}\n")
        return INVALID
    _say(done, board)
    return 0


def _check_words(records: Sequence[Path]) -> None:
    if not records:
        raise MixBenchError("submit: needed a record's .json file, got none; see mixbench submit --help")
    for path in records:
        if not path.exists() and not path.is_symlink():
            raise MixBenchError(f"submit {plain(str(path))}: needed a record's .json file, got nothing there")


def _check_together(
    rerun: bool, train_only: Path | None, trained: Path | None, trust_source: bool, runs: Path | None
) -> None:
    if (trust_source or runs) and not (rerun or train_only):
        raise MixBenchError("submit: --trust-source and --runs are for --rerun or --train-only, which run sources")
    if rerun and train_only:
        raise MixBenchError("submit: --train-only comes before --rerun --trained; give one of them")
    if trained and (trust_source or not rerun):
        raise MixBenchError("submit: --trained is for --rerun without --trust-source, since it runs no source")


def _say(done: Submitted, board: Path) -> None:
    screen = console()

    def line(text: str) -> None:
        screen.print(plain(text, most=2000), markup=False, soft_wrap=True)

    for path in done.added:
        line(f"added {path}")
    for path in done.present:
        line(f"already there: {path}")
    if done.added:
        line("Next:")
        for step in git_steps(board, done.added):
            line(f"  {step}")
