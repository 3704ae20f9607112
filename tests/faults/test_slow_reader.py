"""A client that does not read costs bounded memory, is cut off, and takes nobody else's time; one that is only slow
gets everything."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.faults.conftest import Measured
from tests.faults.scale import only_in_soak
from tests.stack.client import ChatClient
from tests.stack.crowd import Crowd, percentile
from tests.stack.proxy import Proxy
from tests.stack.stack import EmbeddedStack, Person

pytestmark = [pytest.mark.asyncio, pytest.mark.timed]

SLEEPERS = 20
MOST_GROWTH_MB, CLOSED_WITHIN_S = 2.0, 30.0
SENDS, BODY = 1500, "x" * 4000


class Sleeper:
    """A WebSocket by hand that goes on sending pings and never reads. `gone_after`: seconds until it was cut off."""

    def __init__(self, stack: EmbeddedStack, person: Person) -> None:
        self.gone_after: float | None = None
        self._socket = socket.create_connection(("127.0.0.1", stack.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nOrigin: {stack.url}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: chat.v1\r\nCookie: sessionid={person.session}\r\n\r\n".encode()
        )
        assert b" 101 " in self._socket.recv(1024)
        self._send(b'{"type":"hello","watch":{"%d":0}}' % person.room)
        self._thread = threading.Thread(target=self._ping, daemon=True)
        self._thread.start()

    def _send(self, frame: bytes) -> None:
        self._socket.sendall(bytes([0x81, 0x80 | len(frame), 0, 0, 0, 0]) + frame)

    def _ping(self) -> None:
        began = time.monotonic()
        try:
            while time.monotonic() - began < 2 * CLOSED_WITHIN_S:
                self._send(b'{"type":"ping"}')
                time.sleep(0.2)
        except OSError:
            self.gone_after = time.monotonic() - began

    def end(self) -> None:
        self._socket.close()
        self._thread.join()


def memory_mb(stack: EmbeddedStack) -> float:
    status = Path(f"/proc/{stack.web.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


@pytest.mark.parametrize("server", ["daphne", pytest.param("uvicorn", marks=only_in_soak)])
async def test_clients_that_never_read_are_cut_off_and_cost_little(
    embedded_stack: EmbeddedStack, measured: Measured, server: str
) -> None:
    if server == "uvicorn":
        await asyncio.to_thread(embedded_stack.web.end)
        await asyncio.to_thread(embedded_stack.start_uvicorn)
    people = embedded_stack.people(6, 2)
    [talker, reader] = [person for person in people if person.room == people[0].room][:2]
    others = [person for person in people if person.room != talker.room]
    async with (
        ChatClient(embedded_stack, talker.name, talker.room, session=talker.session) as writes,
        ChatClient(embedded_stack, reader.name, reader.room, session=reader.session) as reads,
        Crowd(embedded_stack, others) as elsewhere,
    ):
        await _flood(writes, reads, elsewhere)
        p99_alone = percentile(elsewhere.accepted_after(), 0.99)
        # What the very first makes the process reach for, 10 to 20 MiB, is no other's: it would hide what each costs.
        asleep = [await asyncio.to_thread(Sleeper, embedded_stack, reader)]
        await _flood(writes, reads, elsewhere)
        for client in elsewhere.clients:
            client.accepted_after.clear()
        before = memory_mb(embedded_stack)
        asleep += [await asyncio.to_thread(Sleeper, embedded_stack, reader) for _ in range(SLEEPERS)]
        await _flood(writes, reads, elsewhere)
        growth_mb = (memory_mb(embedded_stack) - before) / SLEEPERS
        async with asyncio.timeout(2 * CLOSED_WITHIN_S):
            while any(one.gone_after is None for one in asleep):
                await asyncio.sleep(0.2)
        gone = max(one.gone_after or 0.0 for one in asleep)
        for one in asleep:
            one.end()
        p99 = percentile(elsewhere.accepted_after(), 0.99)
        measured(
            f"{SLEEPERS} clients that send and never read, on {server}",
            {
                "memory each, MiB": (growth_mb, MOST_GROWTH_MB),
                "cut off within, s": (gone, CLOSED_WITHIN_S),
                "others' accepted p99, s": (p99, 1.2 * p99_alone + 0.1),
            },
            f"12 MB sent to each; others' p99 {p99_alone:.3f} s without them",
        )
        assert reads.faults == []


async def _flood(writes: ChatClient, reads: ChatClient, elsewhere: Crowd) -> None:
    """12 MB into one room while others talk in another."""
    shown = len(reads.messages)
    talking = asyncio.create_task(elsewhere.talk(3600, 20))
    for number in range(SENDS):
        client_id = await writes.say(BODY)
        if number % 50 == 0:
            await writes.until(lambda client_id=client_id: client_id in writes.accepted, "accepted", within_s=20)
    await reads.until(lambda: len(reads.messages) >= shown + SENDS, "everything shown to who reads", within_s=60)
    talking.cancel()
    await asyncio.gather(talking, return_exceptions=True)


async def test_a_slow_reader_is_skipped_and_then_brought_up_to_date(embedded_stack: EmbeddedStack) -> None:
    one, other = embedded_stack.people(2, 1)
    with Proxy(embedded_stack.port) as way:
        async with (
            ChatClient(embedded_stack, one.name, one.room, session=one.session) as writes,
            ChatClient(embedded_stack, other.name, other.room, session=other.session, port=way.port) as slow,
        ):
            await writes.say("before")
            await slow.until(lambda: slow.shows("before"), "before")
            way.pause()
            for _ in range(SENDS):
                await writes.say(BODY)
            await writes.until(lambda: len(writes.messages) == SENDS + 1, "shown to who reads", within_s=60)
            assert embedded_stack.metric("chat_frames_skipped_total") > 0
            way.go_on()
            await slow.until(lambda: slow.rev == writes.rev, "up to date", within_s=20)
            assert slow.faults == []
            await writes.say("live again")
            await slow.until(lambda: slow.shows("live again"), "live again", within_s=5)
            newest = list(writes.messages.values())[-20:]
            assert list(slow.messages.values())[-20:] == newest
