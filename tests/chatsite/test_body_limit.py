"""A body that is too large is refused with 413, by its announced length or while it comes; what fits goes through."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from chatsite.body_limit import BodyLimit
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio


async def reads_all(scope: dict[str, Any], receive: Any, send: Any) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message["body"])
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def answer(chunks: list[bytes], length: bytes | None, path: str = "/") -> tuple[int, bytes, int]:
    """(status, body, how many chunks were asked for)"""
    sent: list[Any] = []
    waiting = list(chunks)

    async def receive() -> Any:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if length is None else [(b"content-length", length)]
    await BodyLimit(reads_all, 100)({"type": "http", "path": path, "headers": headers}, receive, send)
    return sent[0]["status"], sent[1]["body"], len(chunks) - len(waiting)


async def test_what_fits_goes_through() -> None:
    assert await answer([b"x" * 60, b"y" * 40], b"100") == (200, b"100", 2)
    assert await answer([b"x" * 60, b"y" * 40], None) == (200, b"100", 2)


async def test_what_says_that_it_is_too_large_is_not_read() -> None:
    status, body, read = await answer([b"x" * 101], b"101", "/api/v1/rooms")
    assert (status, read) == (413, 0)
    assert b'"code": "too_large"' in body


async def test_what_does_not_say_so_is_read_no_further() -> None:
    status, _, read = await answer([b"x" * 60] * 5, None)
    assert (status, read) == (413, 2)
    status, _, read = await answer([b"x" * 60] * 5, b"nonsense")
    assert (status, read) == (413, 2)


async def test_a_server_refuses_it(shared_stack: EmbeddedStack) -> None:
    def post() -> bytes:
        body = b"x" * 40_000_000
        with socket.create_connection(("127.0.0.1", shared_stack.port), timeout=20) as connection:
            connection.sendall(
                b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            connection.sendall(body)
            return connection.recv(4096)

    assert b" 413 " in (await asyncio.to_thread(post)).partition(b"\r\n")[0]
