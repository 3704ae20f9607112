"""A client that does not read costs bounded memory, is cut off, and takes nobody else's time."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from pathlib import Path

import pytest

from tests.stack.client import ChatClient
from tests.stack.stack import EmbeddedStack

pytestmark = pytest.mark.asyncio

MOST_GROWTH_BYTES = 2 * 1024 * 1024
THE_REST_BYTES = 15 * 1024 * 1024
READERS_THAT_SLEEP = 5


async def sleeper(stack: EmbeddedStack, cookie: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket by hand that says hello, watches the lobby and never reads again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port, limit=1024)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nOrigin: {stack.url}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: chat.v1\r\nCookie: sessionid={cookie}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    hello = b'{"type":"hello","watch":{"1":0}}'
    writer.write(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
    await writer.drain()
    return reader, writer


def memory(stack: EmbeddedStack) -> int:
    status = Path(f"/proc/{stack.web.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


async def test_clients_that_never_read_are_cut_off_and_cost_little(embedded_stack: EmbeddedStack) -> None:
    body = "x" * 4000
    async with ChatClient(embedded_stack, "ada") as ada, ChatClient(embedded_stack, "bo") as bo:
        for number in range(100):
            await ada.say(f"warm {number} {body[:3900]}")
        await bo.until(lambda: len(bo.messages) >= 100, "warmed up", within_s=20)
        before = memory(embedded_stack)
        cookie = bo.http.cookies["sessionid"]
        asleep = [await sleeper(embedded_stack, cookie) for _ in range(READERS_THAT_SLEEP)]
        await asyncio.sleep(0)
        slowest = 0.0
        for number in range(1500):
            started = time.perf_counter()
            client_id = await ada.say(body)
            if number % 50 == 0:
                await ada.until(lambda client_id=client_id: client_id in ada.accepted, "accepted", within_s=20)
                slowest = max(slowest, time.perf_counter() - started)
        await bo.until(lambda: len(bo.messages) >= 1600, "everything shown to who reads", within_s=60)
        assert embedded_stack.metric('chat_sockets_closed_total{code="4408"}') == READERS_THAT_SLEEP
        assert slowest < 2
        # 12 MB were sent to each of them; the history of the room itself grew in this process too.
        growth = memory(embedded_stack) - before
        assert growth < READERS_THAT_SLEEP * MOST_GROWTH_BYTES + THE_REST_BYTES
        for _, writer in asleep:
            writer.close()
        assert bo.faults == []
