"""A board that is not there yet, and records that may be submitted to it."""

from pathlib import Path

import pytest
from boards import content, write_record


@pytest.fixture
def runs(tmp_path) -> list[Path]:
    return [write_record(tmp_path / "runs", content("erm", seed), outcomes=True) for seed in range(3)]


@pytest.fixture
def board(tmp_path) -> Path:
    return tmp_path / "board"
