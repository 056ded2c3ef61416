"""Where files are fetched from: publisher, mirror, redirect, or nowhere."""

import pytest
from official import digest, section
from servers import CONTENT, left, refused, remote, whole

from mixbench.data.files.fetch import Remote, fetch


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


def test_a_suites_own_path_is_never_filled(server, tmp_path):
    assert f"needed part.bin in {tmp_path}" in refused(remote(server), path=str(tmp_path))
    assert server.asked == []
