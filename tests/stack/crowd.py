"""Many people at once, whose clients do what a browser does: reconnect, catch up, send again what is unfinished."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import websockets

from tests.stack.client import ChatClient
from tests.stack.invariants import check
from tests.stack.stack import Person, Stack

CLOSED_FOR_GOOD = {4400, 4401, 4403}
FIRST_WAIT_S, MOST_WAIT_S = 1.0, 30.0
REPEAT_S = 15.0


class SteadyClient(ChatClient):
    """A client that never gives up. `resumed_after`: seconds from each loss of its socket to being welcomed again."""

    def __init__(self, stack: Stack, person: Person, port: int | None = None) -> None:
        super().__init__(stack, person.name, person.room, session=person.session, port=port)
        self.user_id = person.id
        self.resumed_after: list[float] = []
        self.close_codes: list[int | None] = []
        self.connects = 0
        self._resuming = False
        self._tries = 0
        self._repeats: set[asyncio.Future[None]] = set()
        self._postponed: set[str] = set()
        """Surely not stored: refused by a server that was too busy, or written behind that; to be sent in order."""
        self._is_told_to_wait = False
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        await self.close()

    async def open(self, **hello: Any) -> None:
        self.connects += 1
        await super().open(**hello)

    def unfinished(self) -> list[str]:
        """What has neither come back as a message nor been refused for good."""
        shown = {message["client_id"] for message in self.messages.values()}
        refused = {client_id for client_id, frame in self.rejected.items() if frame.get("final")}
        return [client_id for client_id in self.sent if client_id not in shown and client_id not in refused]

    async def say_soon(self, body: str) -> None:
        """Send now, or with the next connection: nothing new overtakes what has to be sent again."""
        if self._resuming or self._is_told_to_wait or self._postponed:
            client_id = str(uuid4())
            self.sent[client_id], self.sent_at[client_id] = body, time.monotonic()
            self._postponed.add(client_id)
            return
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.say(body)

    async def _take(self, frame: dict[str, Any]) -> None:
        """Try again what a server was too busy for, as a browser does by itself: what was sent behind it as well."""
        await super()._take(frame)
        if frame["type"] != "rejected" or frame["code"] != "busy" or frame.get("final"):
            return
        sent = list(self.sent)
        behind = sent[sent.index(frame["client_id"]) :]
        self._postponed |= set(behind) - set(self.accepted)
        if not self._is_told_to_wait:
            self._is_told_to_wait = True
            wait_s = frame["retry_after"] * random.uniform(1, 2)
            asyncio.get_running_loop().call_later(wait_s, self._go_on)

    def _go_on(self) -> None:
        self._is_told_to_wait = False
        self._repeats.add(asyncio.ensure_future(self._send_postponed()))

    async def _send_postponed(self) -> None:
        """One by one, as they are answered."""
        with contextlib.suppress(websockets.ConnectionClosed):
            while self._postponed and not (self._resuming or self._is_told_to_wait):
                client_id = next(one for one in self.sent if one in self._postponed)
                self._postponed.discard(client_id)
                await self._say_again(client_id)

    async def _say_again(self, client_id: str) -> None:
        """Returns when that is answered, or its socket lost."""
        socket, refused = self.socket, self.rejected.get(client_id)

        def is_over() -> bool:
            is_answered = client_id in self.accepted or self.rejected.get(client_id) is not refused
            return is_answered or self.socket is not socket or self.close_code is not None

        await self.say(self.sent[client_id], client_id)
        async with self._changed:
            await self._changed.wait_for(is_over)

    async def repeat_late(self) -> None:
        """Send again what got no answer at all."""
        for client_id in self.unfinished():
            if (
                client_id not in self._postponed
                and client_id not in self.accepted
                and time.monotonic() - self.sent_at[client_id] > REPEAT_S
            ):
                with contextlib.suppress(websockets.ConnectionClosed):
                    await self.say(self.sent[client_id], client_id, again=True)

    async def _live(self) -> None:
        while True:
            await asyncio.wait([self._reading])  # not awaited itself: ending this must not end that
            self._resuming = True
            lost_at = time.monotonic()
            self.close_codes.append(self.close_code)
            if self.close_code in CLOSED_FOR_GOOD:
                return
            while not await self._come_back():
                pass
            self.resumed_after.append(time.monotonic() - lost_at)

    async def _come_back(self) -> bool:
        await asyncio.sleep(random.uniform(0, min(MOST_WAIT_S, FIRST_WAIT_S * 2**self._tries)))
        self._resuming = True
        try:
            await self.open(unfinished=self.unfinished()[:1000])
            for client_id in [one for one in self.unfinished() if one not in self._postponed]:
                await self.say(self.sent[client_id], client_id, again=True)
            self._resuming = False
            await self._send_postponed()
        except (OSError, AssertionError, TimeoutError, websockets.WebSocketException):
            self._tries = min(self._tries + 1, 5)
            return False
        self._tries = 0
        return True


class Crowd:
    """Steady clients of a stack, all open; `talk` makes them send at a rate, taking turns."""

    def __init__(self, stack: Stack, people: Sequence[Person], ports: Sequence[int] = ()) -> None:
        self.stack = stack
        ways = list(ports) or [stack.port]
        self.clients = [SteadyClient(stack, person, ways[place % len(ways)]) for place, person in enumerate(people)]
        self._said = 0

    async def __aenter__(self) -> Self:
        for start in range(0, len(self.clients), 20):
            await asyncio.gather(*(client.__aenter__() for client in self.clients[start : start + 20]))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(client.__aexit__(kind, error, trace) for client in self.clients))

    def go_elsewhere(self, port: int, other: int) -> None:
        """As a load balancer does before a process ends: whoever reconnects is led to another one."""
        for client in self.clients:
            if client.port == port:
                client.port = other

    def spread(self, ports: Sequence[int]) -> None:
        """Whoever reconnects from now on is led to any of these."""
        for client in self.clients:
            client.port = random.choice(ports)

    async def talk(self, seconds: float, per_second: float) -> None:
        """Open loop: the schedule does not wait for the server."""
        started = time.monotonic()
        for number in range(int(seconds * per_second)):
            await asyncio.sleep(max(0.0, started + number / per_second - time.monotonic()))
            client = self.clients[self._said % len(self.clients)]
            await client.say_soon(f"{client.name} says {self._said}")
            self._said += 1

    async def settle(self, within_s: float = 60) -> None:
        """Wait until everything that was sent is shown on every screen of its room."""
        deadline = time.monotonic() + within_s
        while waiting := self._waiting():
            assert time.monotonic() < deadline, f"not within {within_s} s: {waiting[:5]} of {len(waiting)}"
            await asyncio.sleep(0.1)

    def _waiting(self) -> list[str]:
        newest: dict[int, int] = {}
        for client in self.clients:
            newest[client.room] = max(newest.get(client.room, 0), client.rev)
        return [
            f"{client.name} rev {client.rev}/{newest[client.room]}, {len(client.unfinished())} unfinished"
            for client in self.clients
            if client.unfinished() or client.rev < newest[client.room]
        ]

    async def check(self) -> None:
        """Every invariant, in every room; and every person's messages stand in the order of sending."""
        for room in {client.room for client in self.clients}:
            here = [client for client in self.clients if client.room == room]
            await asyncio.to_thread(check, self.stack, *here, room=room)
            for client in here:
                mine = [m["body"] for _, m in sorted(client.messages.items()) if m["client_id"] in client.sent]
                wrong = [pair for pair in zip(mine, client.sent.values(), strict=False) if pair[0] != pair[1]]
                what = f"stands, sent: {wrong[:4]}; refused {client.rejected}; closed {client.close_codes}"
                assert mine == list(client.sent.values()), f"{client.name}: not in the order of sending: {what}"

        self._check_logs()

    def _check_logs(self) -> None:
        """No body and no session is ever written to a log."""
        printed = "".join(process.printed() for process in self.stack.processes)
        for client in self.clients:
            assert client.session not in printed
            assert not any(body in printed for body in list(client.sent.values())[-3:])

    def accepted_after(self) -> list[float]:
        return sorted(seconds for client in self.clients for seconds in client.accepted_after)

    def shown_after(self) -> list[float]:
        return sorted(seconds for client in self.clients for seconds in client.shown_after)

    def resumed_after(self) -> list[float]:
        return sorted(seconds for client in self.clients for seconds in client.resumed_after)


def percentile(values: Sequence[float], share: float) -> float:
    """Of sorted values; 0 for none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0
