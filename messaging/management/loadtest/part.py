"""One process of the load test: its sockets, its share of the schedule."""

from __future__ import annotations

import asyncio
import gc
import random
import re
import time
from bisect import insort
from collections.abc import Iterable
from multiprocessing.connection import Connection
from typing import cast
from uuid import UUID

from messaging.management.loadtest import frames
from messaging.management.loadtest.plan import End, Plan, Seat, Second, Step
from messaging.management.loadtest.verifier import Place, Verifier

AT_ONCE = 50
"""Sockets that are opened at the same time."""

OPEN_S = 30.0
SETTLE_S = 30.0
LAG_EVERY_S = 0.02
CLIENT_ID = re.compile(rb'"client_id":"([0-9a-f-]{36})"')
CODE = re.compile(rb'"code":"(\w+)"')
RETRY_AFTER = re.compile(rb'"retry_after":([\d.]+)')
EPOCH = re.compile(rb'"epoch":(?:"[^"]*"|\d+)')


def run_part(plan: Plan, pipe: Connection) -> None:
    """Says "ready" when every socket is welcomed, waits for the word, then tells each `Second` and an `End`."""
    try:
        asyncio.run(Part(plan, pipe).run())
    except KeyboardInterrupt:
        pass
    except ConnectionError as error:
        pipe.send(str(error))
    except Exception as error:  # the parent has to hear of it, and is the one that tells
        pipe.send(f"{type(error).__name__}: {error}")


class Part:
    def __init__(self, plan: Plan, pipe: Connection) -> None:
        self.plan, self._pipe = plan, pipe
        self.verifier = Verifier()
        self.sockets = [Socket(self, seat) for seat in plan.seats]
        self.now = Second()
        self.accepted: set[str] = set()
        self.is_over = False
        self._cpu = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        await self._open(self.sockets)
        gc.collect()
        gc.freeze()
        self._pipe.send("ready")
        await asyncio.to_thread(self._pipe.recv)
        self._cpu = time.process_time()
        telling, lag = asyncio.create_task(self._tell()), asyncio.create_task(self._watch_lag())
        for number, step in enumerate(self.plan.steps):
            self.now.step = number
            await self._offer(step)
        await self._settle()
        for task in (telling, lag):
            task.cancel()
        self._tell_once()
        self.is_over = True
        for socket in self.sockets:
            socket.end()
        self._pipe.send(self._end())

    async def _open(self, sockets: Iterable[Socket]) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(socket: Socket) -> None:
            async with gate:
                await socket.open()

        await asyncio.gather(*(one(socket) for socket in sockets))

    async def _offer(self, step: Step) -> None:
        """Open loop: the schedule waits for nobody, and a send counts from the moment it was due."""
        if step.cut:
            for socket in self.sockets:
                socket.cut()
        talkers = [socket for socket in self.sockets if socket.seat.talks]
        random.shuffle(talkers)
        began, number = time.monotonic_ns(), 0
        body = "x" * self.plan.characters
        while (passed := (time.monotonic_ns() - began) / 1e9) < step.seconds:
            while talkers and number < passed * step.rate:
                due = began + int(number / step.rate * 1e9)
                talkers[number % len(talkers)].say(due, body)
                number += 1
            await asyncio.sleep(0.001 if step.rate else 0.1)

    async def _settle(self) -> None:
        """Until everything that was accepted is shown everywhere, or nothing has moved for long."""
        deadline = time.monotonic() + SETTLE_S
        while self._unanswered() or self._lost() or self._behind():
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(0.1)

    def _unanswered(self) -> bool:
        return any(socket.waiting for socket in self.sockets)

    def _lost(self) -> int:
        unseen = len(self.accepted - self.verifier.places.keys())
        return max(0, unseen - self.verifier.left_out()) if unseen else 0

    def _behind(self) -> int:
        newest = self.verifier.last_seq
        return sum(socket.place.seq < newest.get(socket.seat.room, 0) for socket in self.sockets)

    def _end(self) -> End:
        return End(self._lost(), self._behind(), self.verifier.left_out())

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._tell_once()

    def _tell_once(self) -> None:
        told, self.now = self.now, Second(step=self.now.step)
        for name in ("delivered", "holes", "doubles", "disorder"):
            setattr(told, name, getattr(self.verifier, name))
            setattr(self.verifier, name, 0)
        told.deliver = self.verifier.take_late()
        cpu = time.process_time()
        told.cpu = told.most_cpu = cpu - self._cpu
        self._cpu = cpu
        self._pipe.send(told)

    async def _watch_lag(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG_EVERY_S)
            self.now.lag.add((time.monotonic() - before - LAG_EVERY_S) * 1000)

    def come_back(self, socket: Socket) -> None:
        task = asyncio.get_running_loop().create_task(socket.come_back())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Socket(asyncio.Protocol):
    """One seat. Whatever ends it, it comes back as a browser does, unless it was ended by us."""

    def __init__(self, part: Part, seat: Seat) -> None:
        self.part, self.seat = part, seat
        self.place = Place()
        self.waiting: dict[str, int] = {}
        """When what was sent and has no answer yet was due, by client_id."""
        self._refused: list[str] = []
        """What the chat was too busy for, in the order of writing (UUIDv7): it goes first, and one by one as it is
        answered, as in a browser."""
        self._waits_until = 0.0
        self._epoch = b""
        self._transport: asyncio.Transport | None = None
        self._welcomed: asyncio.Future[None] | None = None
        self._parser: frames.Parser | None = None
        self._head = b""
        self._code = 0

    @property
    def is_open(self) -> bool:
        return self._parser is not None and self._welcomed is None

    async def open(self) -> None:
        """Returns when it is welcomed. Raises ConnectionError when that takes too long."""
        plan, loop = self.part.plan, asyncio.get_running_loop()
        deadline = loop.time() + OPEN_S
        tries = 0
        while loop.time() < deadline:
            self._welcomed, self._head, self._parser = loop.create_future(), b"", None
            try:
                async with asyncio.timeout_at(deadline):
                    await loop.create_connection(lambda: self, plan.host, plan.port)
                    await self._welcomed
            except (OSError, TimeoutError):
                await asyncio.sleep(random.uniform(0, min(30.0, 2.0**tries)))
                tries += 1
            else:
                self._welcomed = None
                return
        code = f", closed with {self._code}" if self._code else ""
        raise ConnectionError(f"a socket was not let in within {OPEN_S:g} s{code}")

    async def come_back(self) -> None:
        lost_at = time.monotonic()
        await asyncio.sleep(random.uniform(0, 1))
        try:
            await self.open()
        except ConnectionError:
            return  # it stays behind, and that is told
        self.part.now.resumed.add((time.monotonic() - lost_at) * 1000)

    def say(self, due: int, body: str) -> None:
        """A send; without a connection it is not made, and not counted. Told to wait nobody writes: that is counted."""
        if not self.is_open or self._transport is None:
            return
        if self._refused and (self.waiting or time.monotonic() < self._waits_until):
            self.part.now.sent += 1
            self.part.now.busy += 1
            return
        client_id = self._refused.pop(0) if self._refused else uuid7()
        text = f"{due} {body}"[: max(len(body), 24)]
        self._write(f'{{"type":"send","client_id":"{client_id}","room":{self.seat.room},"body":"{text}"}}'.encode())
        self.waiting[client_id] = due
        self.part.now.sent += 1

    def cut(self) -> None:
        """As a lost network does: no close frame."""
        if self._transport is not None:
            self._transport.abort()

    def end(self) -> None:
        if self._transport is not None:
            self._write((1000).to_bytes(2, "big"), frames.CLOSE)
            self._transport.close()

    def _write(self, payload: bytes, opcode: int = frames.TEXT) -> None:
        if self._transport is not None:
            self._transport.write(frames.encode(payload, opcode))

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(frames.handshake(self.part.plan.host, self.part.plan.port, self.seat.session))

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.cut()
                return
            self._parser = frames.Parser()
            held = f'{{"{self.seat.room}":{self.place.rev}}}'
            self._write(f'{{"type":"hello","rooms":{held},"watch":{held}'.encode() + self._epoch + b"}")
        now = time.monotonic_ns()
        for opcode, payload in self._parser.feed(data):
            if opcode == frames.TEXT:
                self._take(payload, now)
            elif opcode == frames.PING:
                self._write(payload, frames.PONG)
            elif opcode == frames.CLOSE:
                self._code = int.from_bytes(payload[:2], "big")

    def connection_lost(self, error: Exception | None) -> None:
        self._transport, self._parser = None, None
        self.waiting.clear()
        self._refused.clear()
        if self._welcomed is not None:
            if not self._welcomed.done():
                self._welcomed.set_exception(ConnectionError(str(self._code)))
        elif not self.part.is_over:
            self.part.now.closed += 1
            self.part.come_back(self)

    def _take(self, payload: bytes, now: int) -> None:
        kind = payload[9:16]
        if kind == b"changes":
            if not self.part.verifier.take(self.place, payload, now):
                self._write(f'{{"type":"sync","room":{self.seat.room},"after":{self.place.rev}}}'.encode())
        elif kind == b"accepte":
            self._settle(payload, now, is_accepted=True)
        elif kind == b"rejecte":
            self._settle(payload, now, is_accepted=False)
        elif kind == b"welcome" and self._welcomed is not None and not self._welcomed.done():
            found = EPOCH.search(payload)
            self._epoch = b"," + found[0] if found else b""
            self._welcomed.set_result(None)

    def _settle(self, payload: bytes, now: int, *, is_accepted: bool) -> None:
        found = CLIENT_ID.search(payload)
        due = self.waiting.pop(found[1].decode(), None) if found else None
        if found is None or due is None:
            return
        if is_accepted:
            self.part.accepted.add(found[1].decode())
            self.part.now.accepted += 1
            self.part.now.accept.add((now - due) / 1_000_000)
        elif (code := CODE.search(payload)) and code[1] == b"busy":
            self.part.now.busy += 1
            insort(self._refused, found[1].decode())
            if retry := RETRY_AFTER.search(payload):
                self._waits_until = max(self._waits_until, time.monotonic() + float(retry[1]))
        else:
            self.part.now.rejected += 1


def uuid7() -> str:
    """By what is at hand: milliseconds, version, variant, chance."""
    number = (time.time_ns() // 1_000_000) << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62
    return str(UUID(int=number | random.getrandbits(62)))
