"""Records at a real budget, as a user makes them: `mixbench eval` on digits, and on Fashion-MNIST where it is there."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from benchmarks.gpu.part import Check
from mixbench.cli import main
from mixbench.data.load import load
from mixbench.spec.errors import MixBenchError
from mixbench.spec.suite import load_suite, suites_folder

EPOCHS = {"digits": 13, "fashion-mnist": 15}


def measure(check: Check) -> None:
    """Measure cutmix on each suite, one after the other, and keep the records."""
    for name, epochs in EPOCHS.items():
        try:
            load(load_suite(name).data)
        except MixBenchError as error:
            check.note(name, f"not run: {error}")
            continue
        _record(check, _suite(check, name, epochs), name)


def _suite(check: Check, name: str, epochs: int) -> Path:
    """The shipped suite with another number of epochs, as a file; few and large steps where the check is tried."""
    text = (suites_folder() / f"{name}.toml").read_text(encoding="utf-8")
    known = load_suite(name).training
    path = check.folder / f"{name}.toml"
    text = text.replace(f"epochs = {known.epochs}\n", f"epochs = {2 if check.quick else epochs}\n")
    if check.quick:
        text = text.replace(f"batch_size = {known.batch_size}\n", "batch_size = 480\n").replace(
            "pairs = 500", "pairs = 8"
        )
    path.write_text(text.replace(f'name = "{name}"\nversion', f'name = "{name}-gpu"\nversion'), encoding="utf-8")
    return path


def _record(check: Check, suite: Path, name: str) -> None:
    if check.quick and name != "digits":
        return check.note(name, "not run: the check itself is tried")
    begun, runs = time.perf_counter(), check.folder / name
    code = main(
        ["eval", "--suite", str(suite), "--aug", "cutmix", "--device", check.device, "--runs", str(runs), "--quiet"]
    )
    check.note(name, {"exit_code": code, "seconds": time.perf_counter() - begun})
    check.require(code == 0, f"{name}: mixbench eval ended with exit code {code}")
    for path in runs.glob("*.json"):
        record = json.loads(path.read_text())
        check.note(f"{name}, record", {key: record[key] for key in ("readings", "flags", "provenance", "trainings")})
    return shutil.rmtree(runs, ignore_errors=True)
