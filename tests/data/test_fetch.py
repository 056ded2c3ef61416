"""Downloads against a real server on this machine that misbehaves in every way the loaders must survive."""

import errno
import http.server
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest
from official import digest, section

from mixbench.data import download as transport
from mixbench.data.fetch import Remote, fetch
from mixbench.spec.errors import MixBenchError

CONTENT = bytes(range(256)) * 1200
NAME = "part one.bin"


class Server(http.server.ThreadingHTTPServer):
    """Answers as `behave(handler, start)` does; `start` is the first byte asked for. Keeps what was asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.behave = [], whole
        self.go_on = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):
        start = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        self.server.asked.append((self.path, int(start)))
        self.server.behave(self, int(start))

    def answer(self, status, body, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def whole(handler, start):
    handler.answer(200, CONTENT)


def ranged(handler, start):
    headers = {"Content_Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"} if start else {}
    handler.answer(206 if start else 200, CONTENT[start:], **headers)


def halved(handler, start):
    handler.answer(200, CONTENT[:100_000], length=len(CONTENT))


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.go_on.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("MIXBENCH_MIRROR", raising=False)
    for proxy in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    return tmp_path / "data" / "sample"


def remote(server, name="part.bin", content=CONTENT):
    return Remote(name, server.url + name, digest(content), len(CONTENT))


def refused(*remotes, **changes):
    """The one line that a fetch ends with."""
    with pytest.raises(MixBenchError) as caught:
        fetch(section(**changes), "sample", remotes)
    return str(caught.value)


def left(home):
    return sorted(path.name for path in home.iterdir() if path.name != ".fetch.lock")


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_a_file_arrives_whole_and_once(server, home, kind):
    wanted = Remote("part.bin", server.url + "part.bin", digest(CONTENT, kind), len(CONTENT))
    assert fetch(section(), "sample", [wanted]) == home
    assert fetch(section(), "sample", [wanted]) == home
    assert (home / "part.bin").read_bytes() == CONTENT
    assert (left(home), len(server.asked)) == (["part.bin"], 1)


def test_a_broken_download_goes_on_where_it_stopped(server, home):
    server.behave = halved
    assert "ended after 100000 of 307200 bytes: run it again" in refused(remote(server))
    assert left(home) == ["part.bin.partial"]
    server.behave = ranged
    fetch(section(), "sample", [remote(server)])
    assert server.asked == [("/part.bin", 0), ("/part.bin", 100_000)]
    assert (home / "part.bin").read_bytes() == CONTENT
    assert left(home) == ["part.bin"]


def test_a_server_without_ranges_starts_anew(server, home):
    server.behave = halved
    refused(remote(server))
    server.behave = whole
    fetch(section(), "sample", [remote(server)])
    assert (home / "part.bin").read_bytes() == CONTENT


def test_a_server_that_refuses_ranges_starts_anew(server, home):
    home.mkdir(parents=True)
    (home / "part.bin.partial").write_bytes(CONTENT[:7])
    server.behave = lambda handler, start: handler.answer(416, b"") if start else whole(handler, 0)
    fetch(section(), "sample", [remote(server)])
    assert (home / "part.bin").read_bytes() == CONTENT


def test_a_range_from_elsewhere_is_not_appended(server, home):
    home.mkdir(parents=True)
    (home / "part.bin.partial").write_bytes(CONTENT[:7])
    server.behave = lambda handler, start: handler.answer(206, CONTENT, Content_Range=f"bytes 0-307199/{len(CONTENT)}")
    fetch(section(), "sample", [remote(server)])
    assert (home / "part.bin").read_bytes() == CONTENT


def test_a_wrong_partial_file_is_thrown_away(server, home):
    home.mkdir(parents=True)
    (home / "part.bin.partial").write_bytes(b"x" * 1000)
    server.behave = ranged
    assert "is thrown away" in refused(remote(server))
    assert left(home) == []
    fetch(section(), "sample", [remote(server)])
    assert (home / "part.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("length", [len(CONTENT), len(CONTENT) + 5])
def test_a_partial_file_that_is_long_enough_is_checked(server, home, length):
    home.mkdir(parents=True)
    (home / "part.bin.partial").write_bytes((CONTENT + b"extra")[:length])
    fetch(section(), "sample", [remote(server)])
    assert (home / "part.bin").read_bytes() == CONTENT
    assert len(server.asked) == (length > len(CONTENT))


def test_other_bytes_are_refused_and_gone(server, home):
    line = refused(remote(server, content=b"other"))
    assert f"the file has {digest(CONTENT)} instead of {digest(b'other')}" in line
    assert left(home) == []


def test_a_server_that_never_ends_is_cut_off(server, home):
    def endless(handler, start):
        handler.send_response(200)
        handler.end_headers()
        try:
            while not server.go_on.is_set():
                handler.wfile.write(CONTENT)
        except OSError:
            server.go_on.set()

    server.behave = endless
    assert "it sends more than 307200 bytes" in refused(remote(server))
    assert left(home) == []
    assert server.go_on.wait(10)


def test_another_length_is_refused_before_it_comes(server, home):
    server.behave = lambda handler, start: handler.answer(200, b"<html>Please log in</html>")
    assert "it offers 26 bytes instead of 307200" in refused(remote(server))
    assert left(home) == []


def test_a_length_of_too_many_digits_is_refused(server, home):
    server.behave = lambda handler, start: handler.answer(200, CONTENT, length="9" * 5000)
    assert "bytes instead of 307200" in refused(remote(server))


def test_missing_files_are_named_with_folder_and_mirror(server, home):
    server.behave = lambda handler, start: handler.answer(404, b"") if "two" in handler.path else whole(handler, 0)
    line = refused(remote(server, "one"), remote(server, "two"), remote(server, "three"))
    assert f"needed two, three in {home}" in line
    assert "it answers 404 Not Found" in line
    assert "set MIXBENCH_MIRROR to a base URL that has sample/two" in line
    assert left(home) == ["one"]


def test_no_network_is_one_line(home):
    line = refused(Remote("part.bin", "http://127.0.0.1:9/part.bin", digest(CONTENT), len(CONTENT)))
    assert line.startswith(
        f"data sample: needed part.bin in {home}, got nothing usable from http://127.0.0.1:9/part.bin"
    )
    assert "\n" not in line


def test_a_mirror_replaces_the_publisher(server, home, monkeypatch):
    monkeypatch.setenv("MIXBENCH_MIRROR", server.url + "mirror/")
    fetch(section(), "sample", [Remote("part.bin", "http://127.0.0.1:9/part.bin", digest(CONTENT), len(CONTENT))])
    assert server.asked == [("/mirror/sample/part.bin", 0)]


def test_a_mirror_may_be_a_folder(home, tmp_path, monkeypatch):
    mirror = tmp_path / "mirror"
    (mirror / "sample").mkdir(parents=True)
    (mirror / "sample" / "part.bin").write_bytes(CONTENT)
    monkeypatch.setenv("MIXBENCH_MIRROR", mirror.as_uri())
    published = Remote("part.bin", "http://127.0.0.1:9/part.bin", digest(CONTENT), len(CONTENT))
    fetch(section(), "sample", [published])
    assert (home / "part.bin").read_bytes() == CONTENT
    (mirror / "sample" / "part.bin").write_bytes(b"short")
    (home / "part.bin").unlink()
    assert "it offers 5 bytes instead of 307200" in refused(published)


@pytest.mark.parametrize("mirror", ["ftp://127.0.0.1/", "data:,x", "/srv/mirror", "jar:file:/x"])
def test_other_schemes_are_refused(home, monkeypatch, mirror):
    monkeypatch.setenv("MIXBENCH_MIRROR", mirror)
    published = Remote("part.bin", "http://127.0.0.1:9/part.bin", digest(CONTENT), len(CONTENT))
    assert "starts with none of http://, https://, file://" in refused(published)


@pytest.mark.parametrize("scheme", ["file", "ftp", "data"])
def test_redirects_to_other_schemes_are_refused(server, home, tmp_path, scheme):
    (tmp_path / "secret").write_bytes(CONTENT)
    target = (tmp_path / "secret").as_uri().replace("file:", f"{scheme}:")
    server.behave = lambda handler, start: handler.answer(302, b"", Location=target)
    assert "redirect" in refused(remote(server)).lower()
    assert left(home) == []


def test_redirects_within_http_are_followed(server, home):
    def behave(handler, start):
        if handler.path == "/part.bin":
            handler.answer(302, b"", Location=server.url + "there")
        else:
            whole(handler, start)

    server.behave = behave
    fetch(section(), "sample", [remote(server)])
    assert (home / "part.bin").read_bytes() == CONTENT


def test_a_server_that_falls_silent_is_given_up(server, home, monkeypatch):
    monkeypatch.setattr(transport, "TIMEOUT", 0.2)
    server.behave = lambda handler, start: server.go_on.wait(20)
    assert "timed out" in refused(remote(server))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without room")
def test_a_disk_that_fills_leaves_nothing(server, home):
    home.mkdir(parents=True)
    (home / "part.bin.partial").symlink_to("/dev/full")
    assert f"needed 0.3 MB for part.bin in {home}, got a full disk" in refused(remote(server))
    assert left(home) == []


def test_a_quota_counts_as_a_full_disk(server, home, monkeypatch):
    def full(_):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(transport.os, "fsync", full)
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


def test_a_suites_own_path_is_never_filled(server, tmp_path):
    assert f"needed part.bin in {tmp_path}" in refused(remote(server), path=str(tmp_path))
    assert server.asked == []


def test_two_at_once_download_once(server, home):
    def slow(handler, start):
        time.sleep(0.2)
        whole(handler, start)

    server.behave = slow
    threads = [threading.Thread(target=fetch, args=(section(), "sample", [remote(server)])) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == 1
    assert (home / "part.bin").read_bytes() == CONTENT


def test_a_killed_process_is_continued(server, home):
    """A real process, killed while the server waits in the middle of the file."""

    def half(handler, start):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT[:200_000])
        server.go_on.wait(30)

    server.behave = half
    code = f"""
from pathlib import Path
from mixbench.data.download import download
Path({str(home)!r}).mkdir(parents=True)
path = Path({str(home / "part.bin")!r})
download({server.url + "part.bin"!r}, path, {digest(CONTENT)!r}, {len(CONTENT)}, lambda count: None)
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    partial = home / "part.bin.partial"
    deadline = time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size > 100_000):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    had = partial.stat().st_size
    server.behave = ranged
    fetch(section(), "sample", [remote(server)])
    assert server.asked[-1] == ("/part.bin", had)
    assert (home / "part.bin").read_bytes() == CONTENT
