"""One thread a test process, the same drawn examples everywhere, and jaxtyping's shapes checked in every call."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest
import torch
from jaxtyping import install_import_hook

for room in ("battery", "data", "results", "spec", "training"):
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
