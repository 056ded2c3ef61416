"""The suites ship in the wheel, so that everything works from any folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_suites_ship_in_the_wheel(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {f"mixbench/configs/{path.name}" for path in (ROOT / "configs").glob("*.toml")} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "runs/"))]
