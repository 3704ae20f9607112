"""A link -> what its page says, within bounds of size, time and redirects."""

from __future__ import annotations

from email.message import Message as Headers
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from messaging.fetching.guard import PublicOnly
from messaging.fetching.page import preview_of
from messaging.wire.commands import Preview

PAGE_BYTES = 512 * 1024
"""Titles stand at a page's beginning: what comes later is not read."""
PAGE_S, STEP_S = 8.0, 3.0
REDIRECTS_MOST = 3
REDIRECTS = {301, 302, 303, 307, 308}
AGENT = b"chatsite link preview"
TIMEOUTS = {"timeout": {"connect": STEP_S, "read": STEP_S, "write": STEP_S, "pool": STEP_S}}


class NoPreview(Exception):
    """This page will not be shown; the reason is for the log."""


def fetch_preview(url: str, network: httpcore.NetworkBackend | None = None) -> Preview | None:
    """None for a page that says nothing of itself. Blocks for some seconds at most. Raises NoPreview."""
    at = url
    with httpcore.ConnectionPool(network_backend=network or PublicOnly(PAGE_S), max_connections=1) as pool:
        for _ in range(1 + REDIRECTS_MOST):
            try:
                found = _ask(pool, at)
            except (
                httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.UnsupportedProtocol,
                OSError, ValueError,
            ) as error:  # fmt: skip
                raise NoPreview(repr(error)) from error
            if isinstance(found, str):
                at = found
                continue
            content, charset = found
            return preview_of(url, content, charset, urlsplit(at).hostname or "")
    raise NoPreview("too many redirects")


def _ask(pool: httpcore.ConnectionPool, url: str) -> str | tuple[bytes, str | None]:
    """Where it leads on to, or the page's beginning and its charset."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise NoPreview("not a plain web address")
    headers = [(b"User-Agent", AGENT), (b"Accept", b"text/html"), (b"Accept-Encoding", b"identity")]
    with pool.stream("GET", _ascii(url), headers=headers, extensions=TIMEOUTS) as answer:
        said = {name.lower(): value.decode("latin1") for name, value in answer.headers}
        if answer.status in REDIRECTS and b"location" in said:
            return urljoin(url, said[b"location"])
        if answer.status != 200:
            raise NoPreview(f"status {answer.status}")
        if said.get(b"content-encoding", "identity") != "identity":
            raise NoPreview("packed, though we asked for it plain")
        kind = Headers()
        kind["Content-Type"] = said.get(b"content-type", "")
        if kind.get_content_type() not in ("text/html", "application/xhtml+xml"):
            raise NoPreview(f"not a page: {kind.get_content_type()}")
        return _beginning(answer), kind.get_content_charset()


def _beginning(answer: httpcore.Response) -> bytes:
    content = bytearray()
    for piece in answer.iter_stream():
        content += piece
        if len(content) >= PAGE_BYTES or b"</head" in content:
            break
    return bytes(content[:PAGE_BYTES])


def _ascii(url: str) -> str:
    """As it goes over the line: percent-encoded, its host in IDNA."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    port = f":{parts.port}" if parts.port else ""
    safe = "%/:=&?~+!$,;'@()*[]"
    query = f"?{quote(parts.query, safe=safe)}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{quote(parts.path or '/', safe=safe)}{query}"
