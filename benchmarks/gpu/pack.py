"""What a machine with torch, torchvision and numpy alone still needs: packed here into one archive, unpacked there.

Wheels are archives that only have to be unpacked. Packed anew together they take half of what they take by themselves.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "gpu-pack"
ARCHIVE, ABOUT, SITE, DATA = "site.tar.xz", "pack.json", "site", "data"
MOST_BYTES = 60_000_000
ROOTS = (
    "annotated-types", "beartype", "cyclopts", "filelock", "huggingface-hub", "hypothesis", "jaxtyping", "pillow",
    "platformdirs", "pydantic", "pytest", "pyyaml", "rich", "safetensors", "scikit-learn", "scipy", "timm",
    "torchattacks",
)  # fmt: skip
THERE = {"torch", "torchvision", "numpy"}
"""What the machine has of its own, in versions that belong together."""
UNUSED = {"hf-xet", "requests", "click", "typer", "typer-slim", "fsspec-s3"}
"""Needed by name and never imported here."""
PROBE = ("cyclopts", "timm", "torchattacks", "sklearn", "safetensors", "pytest", "beartype")
FASHION = Path("/usr/share/datasets/fashion-mnist")


class Unfit(Exception):
    """The pack or the machine is not what is needed; one line."""


def make(folder: Path, python: str) -> str:
    """Fetch the wheels for a Python version on x86-64 Linux, pack them with what data fits, and say what was packed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wanted = _closure()
    with tempfile.TemporaryDirectory() as temporary:
        wheels, site = Path(temporary) / "wheels", Path(temporary) / SITE
        _download(wanted, python, wheels)
        for wheel in sorted(wheels.glob("*.whl")):
            _unpack_wheel(wheel, site)
        _name_mixbench(site)
        with tarfile.open(folder / ARCHIVE, "w:xz", preset=6) as archive:
            archive.add(site, SITE)
    data = _pack_data(folder)
    (folder / ABOUT).write_text(json.dumps({"python": python, "packages": wanted, "data": data}, indent=1))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > MOST_BYTES:
        raise Unfit(f"--pack: needed at most {MOST_BYTES:,} bytes, got {size:,}; leave packages out in {__file__}")
    images = f"with {', '.join(data)}" if data else "without Fashion-MNIST, which is not here or does not fit"
    return f"{folder}: {size / 1e6:.1f} MB for Python {python}, {len(wanted)} packages, {images}"


def _closure() -> dict[str, str]:
    """Every package that is needed and its version as installed here."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    waiting = [canonicalize_name(name) for name in ROOTS]
    while waiting:
        name = waiting.pop()
        if name in found or name in THERE | UNUSED:
            continue
        found[name] = importlib.metadata.version(name)
        needs = (Requirement(each) for each in importlib.metadata.requires(name) or ())
        waiting += [canonicalize_name(need.name) for need in needs if not need.marker or need.marker.evaluate()]
    return dict(sorted(found.items()))


def _download(wanted: dict[str, str], python: str, folder: Path) -> None:
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 26, 24, 17)] + ["manylinux2014_x86_64"]
    target = [f"--python-version={python}", "--implementation=cp", *(f"--platform={each}" for each in platforms)]
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pins = [f"{name}=={version}" for name, version in wanted.items()]
    done = subprocess.run(
        [*words, "--only-binary=:all:", *target, "--dest", str(folder), *pins],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unfit(f"--pack: needed wheels of {len(pins)} packages, got: {done.stderr.strip().splitlines()[-1]}")


def _unpack_wheel(wheel: Path, site: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for extra in site.glob("*.data"):
        for part in ("purelib", "platlib"):
            if (extra / part).is_dir():
                shutil.copytree(extra / part, site, dirs_exist_ok=True)
        shutil.rmtree(extra)
    for tests in [path for path in site.rglob("tests") if path.is_dir()]:
        shutil.rmtree(tests)


def _name_mixbench(site: Path) -> None:
    """MixBench itself runs from its clone; records name its version, which Python looks for beside the packages."""
    about = importlib.metadata.metadata("mixbench")
    named = site / f"mixbench-{about['Version']}.dist-info"
    named.mkdir(parents=True)
    (named / "METADATA").write_text(f"Metadata-Version: 2.1\nName: mixbench\nVersion: {about['Version']}\n")


def _pack_data(folder: Path) -> list[str]:
    files = sorted(FASHION.glob("*.gz")) if FASHION.is_dir() else []
    room = MOST_BYTES - (folder / ARCHIVE).stat().st_size - 100_000
    if not files or sum(path.stat().st_size for path in files) > room:
        return []
    (folder / DATA / FASHION.name).mkdir(parents=True)
    for path in files:
        shutil.copy(path, folder / DATA / FASHION.name)
    return [FASHION.name]


def ready(folder: Path) -> dict[str, str]:
    """Return the environment in which this Python has what is needed, unpacking the pack where it lies; else Unfit."""
    root = str(Path(__file__).parents[2])
    about = folder / ABOUT
    data = (
        {"MIXBENCH_DATA": str(folder / DATA)} if (folder / DATA).is_dir() and "MIXBENCH_DATA" not in os.environ else {}
    )
    before = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    if not about.is_file():
        if lacking := [name for name in (*THERE, *PROBE) if importlib.util.find_spec(name) is None]:
            raise Unfit(
                f"needed {', '.join(lacking)} for {sys.executable}, got no {folder}; make it: scripts/gpu --pack"
            )
        return {**data, "PYTHONPATH": os.pathsep.join([root, *before])}
    if lacking := [name for name in sorted(THERE) if importlib.util.find_spec(name) is None]:
        raise Unfit(f"needed {', '.join(lacking)} on this machine, got none in {sys.executable}; PYTHON names another")
    wanted, got = json.loads(about.read_text())["python"], f"{sys.version_info.major}.{sys.version_info.minor}"
    if wanted != got:
        raise Unfit(f"needed Python {wanted}, which {folder} was packed for, got {got}; pack it: --pack --python {got}")
    site = folder / SITE
    if not site.is_dir():
        with tarfile.open(folder / ARCHIVE) as archive, tempfile.TemporaryDirectory(dir=folder) as temporary:
            archive.extractall(temporary, filter="data")
            (Path(temporary) / SITE).rename(site)
    return {**data, "PYTHONPATH": os.pathsep.join([root, str(site), *before])}
