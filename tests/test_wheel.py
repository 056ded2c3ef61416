"""The sdist makes the wheel, the wheel works anywhere, and docs/tour.ipynb runs with it, installing included."""

import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
from tiny import plan_of, write_suite

from mixbench.runs.jobs.train import TrainJob
from mixbench.runs.store import Store

ROOT = Path(__file__).parents[1]
TOUR = ROOT / "docs" / "tour.ipynb"
EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute(cwd=sys.argv[2])
nbformat.write(notebook, sys.argv[3])
"""


def called(*words, **options):
    done = subprocess.run([*map(str, words)], check=False, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr[-4000:]
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that is made from the unpacked sdist, in dist/ of a folder that is no clone."""
    folder = tmp_path_factory.mktemp("built")
    called(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    (source,) = (path for path in folder.iterdir() if path.is_dir())
    called(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist", cwd=source)
    return next((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A Python with what MixBench needs and without MixBench."""
    folder = tmp_path_factory.mktemp("fresh")
    called(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    packages = folder / "packages"
    packages.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "mixbench" not in path.name:
            (packages / path.name).symlink_to(path)
    python = folder / "venv" / "bin" / "python"
    home = called(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    Path(home, "packages.pth").write_text(f"{packages}\n")
    return python


def test_suites_ship_in_the_wheel(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"mixbench/configs/{path.name}" for path in (ROOT / "configs").glob("*.toml")} <= set(names)
    assert not [name for name in names if not name.startswith("mixbench")]


def test_the_tour_runs_from_the_wheel_outside_the_clone(wheel, fresh, tmp_path, monkeypatch):
    for name in ("PYTHONPATH", "MIXBENCH_RUNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shutil.copytree(wheel.parent, tmp_path / "dist")
    (here := tmp_path / "docs").mkdir()
    notebook = TOUR.read_text(encoding="utf-8")
    assert notebook.count('suite = \\"digits\\"') == 1
    tour, suite = here / "tour.ipynb", write_suite(here)
    tour.write_text(notebook.replace('suite = \\"digits\\"', f'suite = \\"{suite}\\"'), encoding="utf-8")
    for job in plan_of(suite, "erm", "mixup(alpha=8)").jobs:
        if isinstance(job, TrainJob):
            job.do(Store(here / "runs"))
    called(fresh, "-c", EXECUTE, tour, here, tmp_path / "done.ipynb", cwd=here)
    where = called(fresh, "-c", "import mixbench; print(mixbench.__file__)", cwd=here).stdout
    assert Path(where).is_relative_to(fresh.parents[1])
    assert kinds(tmp_path / "done.ipynb") == kinds(TOUR)
    assert len(list((here / "runs").glob("*.json"))) == 2


def kinds(path):
    """What each cell of code gave, but for warnings: the kinds of its outputs, and of the data in them."""
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    given = [[each for each in cell["outputs"] if each.get("name") != "stderr"] for cell in cells]
    return [[(each["output_type"], sorted(each.get("data", {}))) for each in outputs] for outputs in given]
