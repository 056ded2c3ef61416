"""With what code an artefact is made: commit, packages, Python."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("mixbench", "numpy", "safetensors", "scikit-learn", "scipy", "timm", "torch", "torchattacks", "torchvision")

MOST_MODEL = 80
STATUS = ("status", "--porcelain", "--", "mixbench", "configs", "pyproject.toml")
"""What decides a number; a stray file elsewhere makes no checkout dirty."""


@cache
def made_with() -> dict[str, Any]:
    """Return commit and whether it was changed (null outside a git checkout of MixBench), packages and Python."""
    commit, dirty = _checkout()
    return {"commit": commit, "dirty": dirty, "packages": _packages(), "python": platform.python_version()}


@cache
def cpu_model() -> str | None:
    """Return what the CPU calls itself, as "AMD EPYC 9654 (25, 17, 1)", in printable ASCII; None where nothing says."""
    said = re.sub(r"[^ -~]|\(R\)|\(TM\)", "", _cpu_says(), flags=re.IGNORECASE)
    return " ".join(said.split())[:MOST_MODEL] or None


def _cpu_says() -> str:
    try:
        if sys.platform.startswith("linux"):
            return _linux_says(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
        if sys.platform == "darwin":
            words = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(words, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return platform.processor()


def _linux_says(text: str) -> str:
    """The name and, since virtual machines shorten it, family, model and stepping."""
    first = {key.strip(): value.strip() for key, _, value in map(_halves, text.partition("\n\n")[0].splitlines())}
    numbers = [first[name] for name in ("cpu family", "model", "stepping") if name in first]
    name = first.get("model name", "")
    return f"{name} ({', '.join(numbers)})" if name and numbers else name


def _halves(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _checkout() -> tuple[str | None, bool | None]:
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None, None
    try:
        commit, status = (_git(root, *args) for args in (("rev-parse", "HEAD"), STATUS))
    except (OSError, subprocess.CalledProcessError):
        return None, None
    return commit, bool(status)


def _git(root: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *args], capture_output=True, text=True, check=True)
    return done.stdout.strip()
