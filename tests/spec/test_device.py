"""Which device a request runs on."""

import subprocess
import sys

import pytest

from mixbench.spec import device
from mixbench.spec.errors import MixBenchError


@pytest.mark.parametrize(
    ("request_", "here", "expected"),
    [
        ("cpu", True, "cpu"),
        ("cpu", False, "cpu"),
        ("auto", True, "cuda"),
        ("auto", False, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_auto_takes_cuda_where_there_is_one(monkeypatch, request_, here, expected):
    monkeypatch.setattr(device, "cuda_is_here", lambda: here)
    assert device.resolve(request_) == expected


def test_cuda_where_there_is_none_is_refused(monkeypatch):
    monkeypatch.setattr(device, "cuda_is_here", lambda: False)
    with pytest.raises(MixBenchError, match=r"needed a CUDA device .* got none; use --device cpu"):
        device.resolve("cuda")


def test_an_unknown_device_is_refused_with_the_nearest():
    with pytest.raises(MixBenchError, match="Did you mean 'cuda'"):
        device.resolve("cudas")


def test_without_the_drivers_library_torch_is_not_asked(monkeypatch):
    def none(name):
        raise OSError(name)

    monkeypatch.setattr(device.ctypes, "CDLL", none)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert device.cuda_is_here() is False


def test_asking_for_the_cpu_loads_no_torch():
    code = "import sys; from mixbench.spec.device import resolve; resolve('cpu'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
