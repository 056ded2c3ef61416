"""The connection to Ray where there is no cluster to speak of."""

import os
import signal

import pytest

ray = pytest.importorskip("ray", reason="needs the extra ray")

from mixbench.runs.cluster.connection import connected, ray_library  # noqa: E402
from mixbench.spec.errors import MixBenchError  # noqa: E402


def test_usage_statistics_are_off_unless_somebody_wants_them(monkeypatch):
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    assert ray_library() is ray
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    ray_library()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "1"


def test_an_address_through_a_proxy_is_one_line(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(MixBenchError, match="needed RAY_ADDRESS as HOST:PORT, got ray://head:10001"), connected():
        pass


def test_an_address_without_a_cluster_is_one_line_and_changes_no_signal(monkeypatch):
    def refuses(**options):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise ConnectionError("no answer\nand much more")

    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")
    monkeypatch.setattr(ray, "init", refuses)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(MixBenchError) as caught, connected():
        pass
    assert "needed a cluster at 192.0.2.1:6379, got no answer; start one" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert signal.getsignal(signal.SIGTERM) == before
