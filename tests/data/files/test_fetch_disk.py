"""Fetching to a disk without room and to folders that cannot be."""

import errno
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from official import digest, section
from servers import CONTENT, left, ranged, refused, remote

from mixbench.data.files.fetch import Remote, fetch


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without room")
def test_a_disk_that_fills_leaves_nothing(server, home):
    home.mkdir(parents=True)
    (home / "part.bin.partial").symlink_to("/dev/full")
    assert f"needed 0.3 MB for part.bin in {home}, got a full disk" in refused(remote(server))
    assert left(home) == []


def test_a_quota_counts_as_a_full_disk(server, home, monkeypatch):
    def full(_):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "fsync", full)
    assert "got a full disk" in refused(remote(server))
    assert left(home) == []


def test_a_disk_without_room_is_told_before(server, home, monkeypatch):
    usage = namedtuple("usage", "total used free")(10**9, 10**9, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert "got a full disk" in refused(remote(server))
    assert server.asked == []


def test_what_is_there_already_needs_no_room(server, home, monkeypatch):
    home.mkdir(parents=True)
    (home / "part.bin.partial").write_bytes(CONTENT[:-1000])
    usage = namedtuple("usage", "total used free")(10**9, 10**9, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    server.behave = ranged
    fetch(section(), "sample", [remote(server)])
    assert (home / "part.bin").read_bytes() == CONTENT


def test_nobodys_home_is_one_line(monkeypatch):
    monkeypatch.setenv("MIXBENCH_DATA", "~no-such-user/data")
    assert "MIXBENCH_DATA: needed a folder, got '~no-such-user/data'" in refused(
        Remote("part.bin", "http://127.0.0.1:9/part.bin", digest(CONTENT), len(CONTENT))
    )


def test_a_folder_that_cannot_be_written_is_named(server, home):
    home.parent.write_text("a file where the folder should be")
    line = refused(remote(server))
    assert f"needed to write part.bin to {home}" in line
    assert "set MIXBENCH_DATA to a folder that is" in line
