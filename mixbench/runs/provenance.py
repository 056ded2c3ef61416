"""With what code an artefact is made: commit, packages, Python."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("mixbench", "numpy", "safetensors", "scikit-learn", "scipy", "timm", "torch", "torchattacks", "torchvision")

STATUS = ("status", "--porcelain", "--", "mixbench", "configs", "pyproject.toml")
"""What decides a number; a stray file elsewhere makes no checkout dirty."""


@cache
def made_with() -> dict[str, Any]:
    """Return commit and whether it was changed (null outside a git checkout of MixBench), packages and Python."""
    commit, dirty = _checkout()
    return {"commit": commit, "dirty": dirty, "packages": _packages(), "python": platform.python_version()}


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
