"""One part's process: what it finds is kept as it is found, so that a failure loses nothing of it."""

from __future__ import annotations

import importlib
import json
import math
import sys
from pathlib import Path
from typing import Any

import torch


class Check:
    """The device, the budget, a folder to work in, and what was found so far."""

    def __init__(self, device: str, quick: bool, folder: Path) -> None:
        self.device, self.quick, self.folder = device, quick, folder
        self.found: dict[str, Any] = {}
        self.faults: list[str] = []

    def note(self, name: str, value: Any) -> None:
        """Keep a finding."""
        self.found[name] = value
        path = self.folder / "found.json"
        path.write_text(json.dumps(_plain(self.found), allow_nan=False))

    def require(self, holds: bool, what: str) -> None:
        """Keep a fault where something does not hold; the part goes on, and fails at its end."""
        if not holds:
            self.faults.append(what)
            self.note("faults", self.faults)

    def wait(self) -> None:
        """Wait until the device has done what it was given."""
        if self.device == "cuda":
            torch.cuda.synchronize()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else str(value)
    return value


def main() -> None:
    """Run the part; a fault or an exception ends it with exit code 1."""
    name, device, quick, folder = sys.argv[1:]
    check = Check(device, quick == "1", Path(folder))
    if device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("needed a CUDA device that torch can use, got none; --device cpu tries the check itself")
    importlib.import_module(f"benchmarks.gpu.parts.{name}").measure(check)
    if check.faults:
        raise SystemExit("\n".join(check.faults))


if __name__ == "__main__":
    main()
