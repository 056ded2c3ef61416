"""Every test of data has a data folder of its own."""

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """Return an empty MIXBENCH_DATA."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MIXBENCH_DATA", str(folder))
    return folder
