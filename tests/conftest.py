"""One thread a test process, the same drawn examples everywhere, and jaxtyping's shapes checked in every call."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest
import torch
from jaxtyping import install_import_hook

for room in ("battery", "compare", "data", "results", "spec", "training"):
    install_import_hook(f"mixbench.{room}", "beartype.beartype")

torch.set_num_threads(1)

# The same examples everywhere, however slow the machine: the first one of a file may train a model.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that need a real GPU where there is none, with the reason."""
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="needs a real CUDA device, and this machine has none"))


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

    from mixbench.cli import main

    def call(*words: object) -> Said:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def runs(tmp_path) -> list[Path]:
    from boards import content, write_record

    return [write_record(tmp_path / "runs", content("erm", seed), outcomes=True) for seed in range(3)]


@pytest.fixture
def board(tmp_path) -> Path:
    return tmp_path / "board"
