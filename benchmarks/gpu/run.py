"""Runs every part in a process of its own within its time, and writes what all of them say into one file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LIMITS = {
    "machine": 60, "tests": 120, "determinism": 90, "agreement": 90, "throughput": 90, "records": 150,
    "side_by_side": 100,
}  # fmt: skip
"""The parts in their order and the seconds that each may take."""
WHOLE = 590
"""The seconds that all may take together."""
KEPT = 20_000
"""Characters of a part's last words."""


class Unfit(Exception):
    """Nothing can be run; one line."""


def run(parts: Sequence[str], device: str, quick: bool, out: Path, environment: Mapping[str, str]) -> int:
    """Run parts on a device, write gpu.json into a folder, and return 0, or 1 where one failed or was not run."""
    if wrong := [part for part in parts if part not in LIMITS]:
        raise Unfit(f"--parts: needed some of {', '.join(LIMITS)}, got {', '.join(wrong)}")
    out.mkdir(parents=True, exist_ok=True)
    begun, report = time.monotonic(), {"device": device, "quick": quick, "parts": {}}
    for part in parts:
        left = WHOLE - (time.monotonic() - begun)
        # A CPU only tries the check itself, however slow it is.
        limit = min(LIMITS[part], left) if device == "cuda" else LIMITS[part] * 10
        found = _part(part, device, quick, limit, environment) if left > 5 or device == "cpu" else _not_run(left)
        report["parts"][part] = found
        report["seconds"] = round(time.monotonic() - begun, 1)
        (out / "gpu.json").write_text(json.dumps(report, indent=1, allow_nan=False))
        sys.stdout.write(f"{part}: {found['status']} in {found['seconds']} s\n")
        sys.stdout.write("".join(f"  {line}\n" for line in found.get("problem", "").splitlines()[-1:]))
        sys.stdout.flush()
    sys.stdout.write(f"{out / 'gpu.json'}\n")
    return int(any(found["status"] != "ok" for found in report["parts"].values()))


def _not_run(left: float) -> dict[str, Any]:
    return {"status": "not run", "seconds": 0, "problem": f"needed time, got {left:.0f} s of {WHOLE} left"}


def _part(part: str, device: str, quick: bool, limit: float, environment: Mapping[str, str]) -> dict[str, Any]:
    """What a part found, its status and, where it failed, its traceback."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mixbench-gpu-") as folder:
        words = [sys.executable, "-m", "benchmarks.gpu.part", part, device, str(int(quick)), folder]
        # The folders that are reused between runs of cuBLAS decide its bits.
        settings = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                words,
                env={**os.environ, **settings, **environment},
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
            )
            status, said = ("failed" if done.returncode else "ok"), done.stdout + done.stderr
        except subprocess.TimeoutExpired as late:
            status, said = (
                "too slow",
                _text(late.stdout) + _text(late.stderr) + f"\nneeded at most {limit:.0f} s, got more",
            )
        found = {"status": status, "seconds": round(time.monotonic() - begun, 1)}
        if status != "ok":
            found["problem"] = said[-KEPT:]
        return {**found, "found": _read(Path(folder) / "found.json")}


def _read(path: Path) -> Any:
    return json.loads(path.read_text()) if path.is_file() else {}


def _text(said: str | bytes | None) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said or ""
