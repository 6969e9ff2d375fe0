"""Downloads from a server that behaves well, and from those that do not."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from narrows import progress
from narrows.errors import UserError
from narrows.readers import download

CONTENT = b"0123456789abcdef" * 100_000
SHA = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def send(self, content, length, status=200):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        kind = self.path[1:]
        if kind == "whole":
            self.send(CONTENT, len(CONTENT))
        elif kind == "unknown_length":
            self.send(CONTENT, None)
        elif kind == "cut_off":
            self.send(CONTENT[:700_000], len(CONTENT))
        elif kind == "cut_off_unknown_length":
            self.send(CONTENT[:700_000], None)
        elif kind == "other":
            self.send(b"<html>sign in to go on</html>", 29)
        elif kind == "large":
            self.send(b"0", 1 << 40)
        elif kind == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(1 << 16))
            except OSError:
                return
        elif kind == "bad_length":
            self.send(CONTENT, "many")
        elif kind == "chunks_cut_off":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ff00\r\nabc")
        elif kind == "no_http":
            self.wfile.write(b"\xff" * 100_000)
        elif kind == "silent":
            time.sleep(1)
        elif kind == "moved":
            self.send_response(302)
            self.send_header("Location", "/whole")
            self.end_headers()
        elif kind == "round":
            self.send_response(302)
            self.send_header("Location", "/round")
            self.end_headers()
        elif kind == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "ftp://127.0.0.1/x")
            self.end_headers()
        else:
            self.send_error(404)


@pytest.fixture(scope="module")
def server():
    # A request that is half answered must not keep the tests from ending.
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def without_encryption(monkeypatch):
    """The server here has no certificate, and no proxy stands before it."""
    monkeypatch.setattr(download, "_SCHEMES", ("http",))
    monkeypatch.setattr(download, "_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setenv("no_proxy", "*")


@pytest.mark.parametrize("kind", ["whole", "unknown_length", "moved"])
def test_the_file_comes_whole(kind, server, tmp_path):
    path = tmp_path / "new" / "file.bin"
    download.fetch(f"{server}/{kind}", path, SHA)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]
    download.fetch(f"{server}/{kind}", path, "md5:" + hashlib.md5(CONTENT).hexdigest())
    assert path.read_bytes() == CONTENT


BROKEN = {
    "cut_off": "cut off after 700,000 of 1,600,000 bytes",
    "cut_off_unknown_length": "its sha256 is [0-9a-f]{64}, not",
    "other": "its sha256 is [0-9a-f]{64}, not",
    "large": "more than 2,147,483,648",
    "bad_length": "many",
    "chunks_cut_off": "IncompleteRead",
    "no_http": "status line",
    "silent": "timed out",
    "round": "said 302",
    "elsewhere": "leads to ftp://127.0.0.1/x, which is not http",
    "nothing": "said 404 Not Found",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_not_the_file_is_told_in_a_line_and_not_kept(kind, server, tmp_path):
    path = tmp_path / "file.bin"
    with pytest.raises(UserError, match=BROKEN[kind]) as told:
        download.fetch(f"{server}/{kind}", path, SHA)
    text = str(told.value)
    assert text.startswith(f"{server}/{kind} could not be downloaded: ")
    assert f"put it at {path}, or into a folder and set NARROWS_DATA to it" in text
    assert text.isprintable()
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_end_is_left(server, tmp_path):
    with pytest.raises(UserError, match="has more than 1,000,000 bytes"):
        download.fetch(f"{server}/endless", tmp_path / "file.bin", SHA, max_bytes=1_000_000)
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_file_stays_when_the_next_download_fails(server, tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"earlier")
    with pytest.raises(UserError):
        download.fetch(f"{server}/cut_off", path, SHA)
    assert path.read_bytes() == b"earlier"


def test_no_network_is_told(tmp_path):
    # Nothing listens on port 1.
    with pytest.raises(UserError, match="refused"):
        download.fetch("http://127.0.0.1:1/x", tmp_path / "x", SHA)


@pytest.mark.parametrize("url", ["http://example.org/x", "file:///etc/hostname", "ftp://a/b"])
def test_only_https(url, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_SCHEMES", ("https",))
    with pytest.raises(UserError, match="not https"):
        download.fetch(url, tmp_path / "x", SHA)


def test_progress_is_told_in_lines_where_there_is_no_terminal(
    server, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(progress, "_SHORT_SECONDS", 0.0)
    download.fetch(f"{server}/whole", tmp_path / "x", SHA)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"downloading {server}/whole: 100 %, 2 of 2 MB"]
