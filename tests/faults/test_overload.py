"""Twice as much as the machine can do: what is least important goes first, sends are limited last, and all comes back."""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import time
from bisect import insort
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
import websockets

from messaging.management.loadtest.part import uuid7
from tests.faults.conftest import Measured, audited
from tests.faults.scale import SOAK, short_or_whole
from tests.stack.client import raw_socket
from tests.stack.crowd import Crowd, percentile
from tests.stack.processes import wait_for
from tests.stack.stack import Person, ServicesStack

pytestmark = [pytest.mark.asyncio, pytest.mark.services, pytest.mark.timed]

TALKERS = short_or_whole(300, 600)
STEP_S, OVERLOAD_S = short_or_whole((2, 10), (40, 180))
"""A step of seconds says what is stored for a moment, not what lasts: 4,500 a second, and 3,250 (seen)."""
WINDOW_S = 5
ACCEPTED_S, RECOVERED_S, KEPT = 2.0, 30.0, 0.9
DRAINED_S = {"1": 60, "0": 900}
"""Without flow control minutes of backlog are accepted."""


class Talker:
    """A client that looks at answers only: the machine's other half is needed by the chat. Told to wait, it does."""

    def __init__(self, stack: ServicesStack, person: Person) -> None:
        self.stack, self.person = stack, person
        self.sent_at: dict[str, float] = {}
        self.accepted: list[tuple[float, float]] = []
        """(when, seconds after the send)"""
        self.busy: list[float] = []
        self.refused: list[str] = []
        """To be sent again before anything new, in the order of writing (UUIDv7)."""
        self.waits_until = 0.0
        self.is_cut_off = False
        """By a server that had no time for it."""

    @property
    def is_waiting(self) -> bool:
        """Also for the answer to what it says again: after a refusal one by one, until all of that is through."""
        is_catching_up = bool(self.refused and self.sent_at)
        return self.is_cut_off or is_catching_up or time.monotonic() < self.waits_until

    async def open(self) -> None:
        self.socket = await raw_socket(
            self.stack,
            session=self.person.session,
            sock=self._narrow_socket(),
            write_limit=2048,
            ping_interval=None,  # without flow control a pong takes longer than anybody would wait
        )
        await self.socket.send('{"type":"hello"}')
        while '"welcome"' not in str(await self.socket.recv())[:40]:
            pass
        self._reading = asyncio.create_task(self._read())

    def _narrow_socket(self) -> socket.socket:
        """One that holds little: what a browser has not handed to its network yet is not under way."""
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        narrow.connect(("127.0.0.1", self.stack.port))
        narrow.setblocking(False)
        return narrow

    async def close(self) -> None:
        await self.socket.close()
        await self._reading

    async def say(self) -> None:
        client_id = self.refused.pop(0) if self.refused else uuid7()
        self.sent_at[client_id] = time.monotonic()
        frame = {"type": "send", "client_id": client_id, "room": self.person.room, "body": "x" * 150}
        await self._send(frame)

    async def type(self) -> None:
        await self._send({"type": "typing", "room": self.person.room})

    async def _send(self, frame: dict[str, object]) -> None:
        try:
            await self.socket.send(json.dumps(frame))
        except websockets.ConnectionClosed:
            self.is_cut_off = True

    async def _read(self) -> None:
        with suppress(websockets.ConnectionClosed):
            async for text in self.socket:
                if '"client_id"' not in text[:60]:
                    continue
                frame, now = json.loads(text), time.monotonic()
                sent_at = self.sent_at.pop(frame.get("client_id", ""), None)
                if frame["type"] == "accepted" and sent_at is not None:
                    self.accepted.append((now, now - sent_at))
                elif frame["type"] == "rejected":
                    assert frame["code"] == "busy", frame
                    self.busy.append(now)
                    insort(self.refused, frame["client_id"])
                    self.waits_until = max(self.waits_until, now + frame["retry_after"])


class Load:
    """Talkers of a stack, each alone in a room."""

    def __init__(self, stack: ServicesStack) -> None:
        self.stack = stack
        self.talkers = [Talker(stack, person) for person in stack.people(TALKERS, TALKERS)]
        self._turn = 0

    async def offer(self, per_second: float, seconds: float) -> float:
        """Open loop, but for who was told to wait; returns what was really offered, for this process shares the
        machine."""
        started, due, sent = time.monotonic(), 0, 0
        while (passed := time.monotonic() - started) < seconds:
            while due < passed * per_second and time.monotonic() - started < seconds:
                talker = self.talkers[self._turn % TALKERS]
                if not talker.is_waiting:
                    await talker.say()
                    sent += 1
                self._turn += 1
                due += 1
                await asyncio.sleep(0)  # answers are read as they come, however late this schedule is
            if self._turn % 50 == 0:
                await self.talkers[self._turn // 50 % TALKERS].type()
            await asyncio.sleep(0.005)
        return sent / (time.monotonic() - started)

    def accepted_since(self, at: float) -> list[float]:
        return sorted(after for talker in self.talkers for when, after in talker.accepted if when >= at)

    def busy_since(self, at: float) -> int:
        return sum(when >= at for talker in self.talkers for when in talker.busy)

    def applied(self) -> int:
        return int(self.stack.rows("SELECT COALESCE(SUM(next_offset), 0) FROM messaging_storedoffset")[0][0])


async def capacity_of(load: Load) -> float:
    """Messages a second that are applied when a little more than that is offered."""
    best, offered = 0.0, 200.0
    while True:
        before, at = await asyncio.to_thread(load.applied), time.monotonic()
        really = await load.offer(offered, STEP_S)
        rate = (await asyncio.to_thread(load.applied) - before) / (time.monotonic() - at)
        best = max(best, rate)
        if rate < 0.85 * offered or really < 0.85 * offered:
            return best
        offered *= 1.5


async def goodput_under(load: Load, per_second: float) -> list[float]:
    """Applied a second, window by window, while so much is offered."""
    found = []
    for _ in range(OVERLOAD_S // WINDOW_S):
        before, at = await asyncio.to_thread(load.applied), time.monotonic()
        await load.offer(per_second, WINDOW_S)
        found.append((await asyncio.to_thread(load.applied) - before) / (time.monotonic() - at))
    return found


async def recovery_s(load: Load, per_second: float) -> float:
    """Until, with so much offered, a send is accepted as fast as ever and nothing is shed."""
    started = time.monotonic()
    while time.monotonic() - started < 2 * RECOVERED_S:
        at = time.monotonic()
        await load.offer(per_second, 1)
        late = percentile(load.accepted_since(at), 0.99)
        if late < 0.5 and not load.busy_since(at) and load.stack.metric("chat_shed_level") == 0:
            break
    return time.monotonic() - started


@pytest.mark.parametrize(
    "control", ["1", *(["0"] if SOAK else [])], ids=lambda on: "controlled" if on == "1" else "not"
)
@pytest.mark.long
async def test_at_twice_what_it_can_do_the_chat_stays_usable(
    make_stack: Callable[..., ServicesStack], measured: Measured, control: str
) -> None:
    stack = make_stack(CHAT_FLOW_CONTROL=control)
    load = Load(stack)
    await asyncio.gather(*(talker.open() for talker in load.talkers))
    capacity = await capacity_of(load)
    await recovery_s(load, capacity / 4)
    began = time.monotonic()
    async with Crowd(stack, stack.people(5, 1)) as crowd:
        talking = asyncio.create_task(crowd.talk(OVERLOAD_S, 10))
        goodput = await goodput_under(load, 2 * capacity)
        await talking
        if control == "1":
            await crowd.settle()
            await crowd.check()
    refused = sum(len(client.rejected) for client in crowd.clients)
    late = percentile(load.accepted_since(began), 0.99)
    busy, shed = load.busy_since(began), shed_by_what(stack)
    recovered = await recovery_s(load, capacity / 2)
    for talker in load.talkers:
        await talker.close()
    await asyncio.to_thread(wait_for, lambda: stack.metric("chat_log_pending_records") == 0, 60, "all acknowledged")
    await asyncio.to_thread(wait_for, lambda: all_applied(load), DRAINED_S[control], "all applied")
    middle = statistics.median(goodput)
    swing = max((abs(one - middle) / middle for one in goodput[1:]), default=0.0)
    cut_off = sum(talker.is_cut_off for talker in load.talkers)
    note = f"{capacity:.0f}/s can be done; goodput {middle:.0f}/s +-{100 * swing:.0f} %; {busy} told to wait"
    note += f"; five people whose clients do as a browser: {refused} of {10 * OVERLOAD_S} messages refused at first"
    if control == "1":
        figures = {"accepted p99, s": (late, ACCEPTED_S), "recovered within, s": (recovered, RECOVERED_S)}
        if SOAK:
            figures["what can be done over what is"] = (capacity / middle, 1 / KEPT)
        measured(f"twice what can be done for {OVERLOAD_S} s", figures, f"{note}, all stand in order")
        assert cut_off == 0
        assert not busy or shed.get("typing", 0) > 0, "sends are limited last"
    else:
        figures = {"accepted p99, s": (late, float("inf")), "recovered within, s": (recovered, float("inf"))}
        measured(f"the same for {OVERLOAD_S} s without flow control", figures, f"{note}; {cut_off} cut off")
    audited(stack)


def shed_by_what(stack: ServicesStack) -> dict[str, float]:
    text = httpx.get(f"http://127.0.0.1:{stack.metrics_port}/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("chat_shed_total{")]
    return {line.split('"')[1]: float(line.split()[-1]) for line in lines}


def all_applied(load: Load) -> bool:
    before = load.applied()
    time.sleep(1)
    return load.applied() == before
