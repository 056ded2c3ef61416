"""Rules of the house that import-linter cannot say."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mixbench
from mixbench.augment.table import METHODS

PACKAGE = Path(mixbench.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def users_of(package: str) -> set[str]:
    """The files that import a package."""
    found = (path for path in SOURCES if any(name.split(".")[0] == package for name in imported(path)))
    return {str(path.relative_to(PACKAGE)) for path in found}


def test_methods_never_import_each_other():
    homes = {method.__module__ for method in METHODS}
    for home in homes:
        others = imported(PACKAGE / "augment" / "methods" / f"{home.rsplit('.', 1)[1]}.py") & (homes - {home})
        assert not others, f"{home} imports {others}"


def test_one_door_to_torchattacks():
    assert users_of("torchattacks") == {"battery/attack.py"}


def test_one_door_to_ray_and_one_to_fsspec():
    assert users_of("ray") == {"runs/cluster/connection.py"}
    assert users_of("fsspec") == {"runs/cluster/shared.py"}


def test_nothing_is_pickled():
    for package in ("pickle", "dill", "cloudpickle", "joblib", "shelve"):
        assert not users_of(package)


@pytest.mark.parametrize("name", ["", ".augment.build", ".cli.eval", ".cli.reproduce", ".cli.compare", ".runs.engines"])
def test_loads_no_torch(name):
    code = f"import mixbench{name}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_command_loads_ray_unless_it_is_asked_for():
    code = "import mixbench.cli.sweep, mixbench.runs.engines, sys; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
