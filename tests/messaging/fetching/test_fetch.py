"""What links lead to is read within bounds, and only where everybody could read it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore
import pytest

from messaging.fetching import fetch, guard
from messaging.fetching.fetch import NoPreview, fetch_preview
from messaging.fetching.guard import Bounded, NotPublic, PublicOnly, is_public, public_address
from messaging.wire.commands import Preview

Answer = Callable[[BaseHTTPRequestHandler], None]


class Loopback(httpcore.SyncBackend):
    """Every name leads to a server of this test's own."""

    def __init__(self, port: int, seconds: float = 30) -> None:
        super().__init__()
        self._port, self._deadline = port, time.monotonic() + seconds

    def connect_tcp(self, host: str, port: int, *rest: Any, **more: Any) -> httpcore.NetworkStream:
        return Bounded(super().connect_tcp("127.0.0.1", self._port, *rest, **more), self._deadline)


@pytest.fixture
def serving() -> Iterator[Callable[[Answer], Loopback]]:
    servers = []

    def serve(answer: Answer) -> Loopback:
        handler = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": answer, "log_message": lambda *_: None})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return Loopback(server.server_port)

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def page(content: bytes, kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        with contextlib.suppress(OSError):  # who had enough has left
            request.wfile.write(content)

    return answer


def test_open_graph_wins_over_the_title(serving: Callable[[Answer], Loopback]) -> None:
    html = b"""<head><title>Plain</title><meta property="og:title" content="The  title &amp; more">
        <meta name="description" content="What it\nsays"><meta property="og:site_name" content="A site"></head>"""
    found = fetch_preview("http://example.org/a?b=c#d", serving(page(html)))
    assert found == Preview("http://example.org/a?b=c#d", "The title & more", "What it says", "A site")


def test_a_title_is_enough_and_none_is_no_preview(serving: Callable[[Answer], Loopback]) -> None:
    found = fetch_preview("http://www.example.org/", serving(page(b"<title>Just this</title>")))
    assert found == Preview("http://www.example.org/", "Just this", "", "example.org")
    assert fetch_preview("http://example.org/", serving(page(b"<p>No head at all"))) is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<title>中文标题</title>".encode("gb18030"), "text/html; charset=gb18030"),
        ('<meta charset="gb18030"><title>中文标题</title>'.encode("gb18030"), "text/html"),
        ("<title>中文标题</title>".encode(), "text/html"),
    ],
)
def test_other_charsets_are_read(serving: Callable[[Answer], Loopback], content: bytes, kind: str) -> None:
    found = fetch_preview("http://example.org/", serving(page(content, kind)))
    assert found is not None
    assert found.title == "中文标题"


def test_titles_are_cut_and_stay_on_one_line(serving: Callable[[Answer], Loopback]) -> None:
    title = "<title>a\u202eb\x07" + "x" * 500 + "</title>"
    found = fetch_preview("http://example.org/", serving(page(title.encode())))
    assert found is not None
    assert found.title.startswith("a b x")
    assert len(found.title) == 200


def test_redirects_are_followed_a_little(serving: Callable[[Answer], Loopback]) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.path == "/end":
            page(b"<title>There</title>")(request)
        else:
            page(b"", status=302, Location="/end" if request.path == "/start" else request.path + "x")(request)

    found = fetch_preview("http://example.org/start", serving(answer))
    assert found is not None
    assert (found.url, found.title) == ("http://example.org/start", "There")
    with pytest.raises(NoPreview, match="redirects"):
        fetch_preview("http://example.org/round", serving(answer))


@pytest.mark.parametrize(
    "answer",
    [
        page(b"<title>x</title>", status=500),
        page(b"<title>x</title>", kind="application/pdf"),
        page(b"\x1f\x8b", Content_Encoding="gzip"),
        page(b"", status=302, Location="ftp://example.org/"),
        page(b"", status=302, Location="http://user:secret@example.org/"),
    ],
)
def test_what_is_no_page_is_refused(serving: Callable[[Answer], Loopback], answer: Answer) -> None:
    with pytest.raises(NoPreview):
        fetch_preview("http://example.org/", serving(answer))


def test_no_more_is_read_than_the_bound(serving: Callable[[Answer], Loopback]) -> None:
    found = fetch_preview("http://example.org/", serving(page(b" " * fetch.PAGE_BYTES + b"<title>late</title>")))
    assert found is None


def test_a_page_that_trickles_costs_bounded_time(serving: Callable[[Answer], Loopback]) -> None:
    def trickle(request: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            for _ in range(200):
                request.wfile.write(b"H")
                time.sleep(0.05)

    network = serving(trickle)
    network._deadline = time.monotonic() + 0.5
    started = time.monotonic()
    with pytest.raises(NoPreview):
        fetch_preview("http://example.org/", network)
    assert time.monotonic() - started < 5


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
    "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14"])
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://127.0.0.1:8000/",
        "http://[::1]/", "http://example.org:22/", "https://user@example.org/", "file:///etc/passwd", "http://",
    ],
)  # fmt: skip
def test_what_is_not_public_is_never_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", refuse)
    with pytest.raises(NoPreview):
        fetch_preview(url)


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(0, 0, 0, "", ("93.184.215.14", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(NotPublic):
        public_address("example.org", 80)
    with pytest.raises(NotPublic):
        PublicOnly(1).connect_tcp("example.org", 80)
