"""scripts/gpu on a machine without a GPU: what it packs, what it reports, and that nothing of a failure is lost."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.gpu import pack, run  # noqa: E402

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
HERE = {"PYTHONPATH": str(ROOT)}


def report(folder: Path) -> dict:
    return json.loads((folder / "gpu.json").read_text())


def test_a_part_that_fails_is_told_with_its_traceback_and_the_others_run(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LIMITS", {"nosuch": 60, "machine": 60})
    assert run.run(["nosuch", "machine"], "cpu", True, tmp_path / "out", HERE) == 1
    parts = report(tmp_path / "out")["parts"]
    assert parts["nosuch"]["status"] == "failed"
    assert "Traceback" in parts["nosuch"]["problem"]
    assert "No module named 'benchmarks.gpu.parts.nosuch'" in parts["nosuch"]["problem"]
    assert parts["machine"]["status"] == "ok"
    assert parts["machine"]["found"]["packages"]["torch"]
    assert parts["machine"]["found"]["float32_product_tflops"] > 0


def test_a_part_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LIMITS", {"machine": 0.001})
    assert run.run(["machine"], "cpu", True, tmp_path, HERE) == 1
    assert report(tmp_path)["parts"]["machine"]["status"] == "too slow"


def test_without_a_gpu_every_part_says_so_and_with_no_time_left_none_begins(tmp_path, monkeypatch):
    import torch

    if not torch.cuda.is_available():
        assert run.run(["machine"], "cuda", True, tmp_path, HERE) == 1
        assert "needed a CUDA device" in report(tmp_path)["parts"]["machine"]["problem"]
    monkeypatch.setattr(run, "WHOLE", 0)
    assert run.run(["machine"], "cuda", True, tmp_path, HERE) == 1
    assert report(tmp_path)["parts"]["machine"]["status"] == "not run"
    with pytest.raises(run.Unfit, match="got nosuch"):
        run.run(["nosuch"], "cpu", True, tmp_path, HERE)


def test_what_is_packed_is_what_is_needed_and_nothing_of_torch():
    wanted = pack._closure()
    assert {"timm", "torchattacks", "pydantic-core", "scipy", "pytest"} <= wanted.keys()
    assert not [
        name for name in wanted if name.startswith(("torch", "nvidia", "triton", "numpy")) and name != "torchattacks"
    ]


def packed(folder: Path, python: str = PYTHON) -> Path:
    """A pack of one package, made of a wheel as pip fetches it."""
    wheel, site = folder / "only_here-1-py3-none-any.whl", folder / "site"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("only_here.py", "ANSWER = 42\n")
        archive.writestr("only_here-1.data/purelib/also.py", "")
        archive.writestr("only_here/tests/large.py", "")
    pack._unpack_wheel(wheel, site)
    assert sorted(str(path.relative_to(site)) for path in site.rglob("*.py")) == ["also.py", "only_here.py"]
    made = folder / "pack"
    made.mkdir()
    with tarfile.open(made / pack.ARCHIVE, "w:xz") as archive:
        archive.add(site, pack.SITE)
    (made / pack.ABOUT).write_text(json.dumps({"python": python}))
    return made


def test_a_pack_is_unpacked_once_and_comes_before_what_is_there(tmp_path):
    made = packed(tmp_path)
    for _ in range(2):
        environment = {**os.environ, **pack.ready(made)}
    found = subprocess.run([sys.executable, "-c", "import only_here; print(only_here.ANSWER)"],
                           env=environment, capture_output=True, text=True, check=True)  # fmt: skip
    assert found.stdout.strip() == "42"
    assert sorted(path.name for path in made.iterdir()) == ["pack.json", "site", "site.tar.xz"]


def test_a_pack_of_another_python_is_refused_in_one_line(tmp_path):
    made = packed(tmp_path, "3.1")
    words, environment = ["--folder", made, "--device", "cpu"], {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run([ROOT / "scripts/gpu", *words], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"needed Python 3.1, which {made} was packed for, got {PYTHON}" in done.stderr
