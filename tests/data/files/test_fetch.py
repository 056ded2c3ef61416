"""Downloads that break, go on, never end or bring other bytes."""

import sys
import threading

import pytest
from children import LIMIT, last_words, started, wait_until
from official import digest, section
from servers import CONTENT, halved, left, ranged, refused, remote, whole

from mixbench.data.files import download as transport
from mixbench.data.files.fetch import Remote, fetch
from mixbench.data.files.places import home as found


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
    assert server.go_on.wait(LIMIT)


def test_another_length_is_refused_before_it_comes(server, home):
    server.behave = lambda handler, start: handler.answer(200, b"<html>Please log in</html>")
    assert "it offers 26 bytes instead of 307200" in refused(remote(server))
    assert left(home) == []


def test_a_length_of_too_many_digits_is_refused(server, home):
    server.behave = lambda handler, start: handler.answer(200, CONTENT, length="9" * 5000)
    assert "bytes instead of 307200" in refused(remote(server))


def test_a_server_that_falls_silent_is_given_up(server, home, monkeypatch):
    monkeypatch.setattr(transport, "TIMEOUT", 0.2)
    server.behave = lambda handler, start: server.go_on.wait(LIMIT)
    assert "timed out" in refused(remote(server))


def test_three_at_once_download_once(server, home, monkeypatch):
    together = threading.Barrier(3)

    def met():
        together.wait(LIMIT)
        return found()

    monkeypatch.setattr("mixbench.data.files.fetch.home", met)
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
        server.go_on.wait(LIMIT)

    server.behave = half
    code = f"""
from pathlib import Path
from mixbench.data.files.download import download
Path({str(home)!r}).mkdir(parents=True)
path = Path({str(home / "part.bin")!r})
download({server.url + "part.bin"!r}, path, {digest(CONTENT)!r}, {len(CONTENT)}, lambda count: None)
"""
    process = started([sys.executable, "-c", code])
    partial = home / "part.bin.partial"
    wait_until(lambda: partial.exists() and partial.stat().st_size > 100_000, process)
    process.kill()
    last_words(process)
    had = partial.stat().st_size
    server.behave = ranged
    fetch(section(), "sample", [remote(server)])
    assert server.asked[-1] == ("/part.bin", had)
    assert (home / "part.bin").read_bytes() == CONTENT
