"""A real server on this machine that misbehaves in every way the loaders must survive, and what is fetched of it."""

import http.server
import threading

import pytest
from official import digest, section

from mixbench.data.files.fetch import Remote, fetch
from mixbench.spec.errors import MixBenchError

CONTENT = bytes(range(256)) * 1200


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


def remote(server, name="part.bin", content=CONTENT):
    return Remote(name, server.url + name, digest(content), len(CONTENT))


def refused(*remotes, **changes):
    """The one line that a fetch ends with."""
    with pytest.raises(MixBenchError) as caught:
        fetch(section(**changes), "sample", remotes)
    return str(caught.value)


def left(home):
    return sorted(path.name for path in home.iterdir() if path.name != ".fetch.lock")
