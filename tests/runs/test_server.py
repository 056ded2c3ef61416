"""The server that workers fork from begins early where a command trains, and is gone when the command is."""

import multiprocessing
import os
import subprocess
import sys

import pytest

from mixbench.runs import server

pytestmark = pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(),
    reason="the system has no server that workers fork from",
)


@pytest.mark.parametrize(
    ("words", "begun"),
    [
        (["eval", "--aug", "cutmix"], [server.TORCH]),
        (["sweep", "--aug", "cutmix"], [server.TORCH]),
        (["eval", "--aug", "cutmix", "--plan"], []),
        (["eval", "--help"], []),
        (["list", "augs"], []),
        ([], []),
    ],
)
def test_only_what_may_train_begins_it(monkeypatch, words, begun):
    seen = []
    monkeypatch.setattr(server, "serving", seen.append)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    server.begin_early(words)
    assert seen == begun


def test_one_core_has_nothing_beside_to_load_it_on(monkeypatch):
    monkeypatch.setattr(server, "serving", None)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    server.begin_early(["eval"])


def test_it_ends_while_it_still_loads():
    code = """
import os
from multiprocessing import forkserver
from mixbench.runs import server
server.end()
server.serving(server.TORCH)
pid = forkserver._forkserver._forkserver_pid
server.end()
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "-9\n"


def test_workers_share_what_every_training_needs_and_no_attack():
    heavy = "{'timm', 'torchattacks', 'sklearn'}"
    code = f"import gc, sys, mixbench.runs.preload; print(gc.isenabled(), *{heavy} & {{*sys.modules}})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "True timm\n"
