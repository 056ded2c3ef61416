"""A command line called in this process: exit code, stdout and stderr."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from mixbench.cli import main


class Said(NamedTuple):
    """What a command came back with."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def mixbench(capsys, monkeypatch, tmp_path) -> Command:
    """Call the command line from an empty folder that is not the clone."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("MIXBENCH_RUNS", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: object) -> Said:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call
