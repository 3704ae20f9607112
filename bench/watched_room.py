"""One room whose watchers are real sockets of a real server, before the real hub: what a delivery costs.

The sockets' people and places are made here instead of read from a database, and the clocks that ask it now and then
stand still: neither is part of a delivery. Announcements take the channel layer, as the bridge's do.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from os import dup
from typing import Any
from uuid import UUID

from bench.sink import Sink

ROOM, LONE = 7, 8
FIRST_REV = 1
BODY = "A message of a hundred and fifty characters, as people write them when they have something to say to others"
BODY = f"{BODY:.<150}"[:150]
WAIT_S = 300.0
TOGETHER_S = 0.1
"""How long a burst is waited for: what was told together comes in fewer bytes than were counted on."""
FOR_EVER_S = 86_400.0
ASK_S = 0.005
"""Longer than the sink rests: nearly everything is asked about once, however many watch."""


class WatchedRoom:
    """Event-loop only. A second room, LONE, is for what a message costs by itself."""

    def __init__(self) -> None:
        from messaging import limits
        from messaging.live.hub import Hub

        for clock in ("REV_CHECK_EVERY_S", "SESSION_CHECK_EVERY_S", "FILTERS_EVERY_S"):
            setattr(limits, clock, FOR_EVER_S)
        self.hub = Hub()
        self._opening = ROOM
        self._revs = {ROOM: FIRST_REV, LONE: FIRST_REV}
        self.sockets: dict[int, list[int]] = {ROOM: [], LONE: []}
        """The descriptors here of each room's watchers."""

    async def application(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """ASGI: whoever connects watches the room that grows."""
        from accounts.models import User
        from messaging.live.session import Session
        from messaging.live.writers import EXTENSION

        await receive()
        await send({"type": "websocket.accept"})
        writer = scope["extensions"][EXTENSION]
        room, number = self._opening, sum(map(len, self.sockets.values())) + 1
        session = Session(User(pk=number, username=f"p{number}"), f"key {number}", writer)
        session.standings = {room: _standing(room, self._revs[room], number)}
        self.sockets[room].append(descriptor(writer))
        self.hub.add(session)
        await self.hub.watch(session, {room: self._revs[room]})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.hub.remove(session)

    async def grow(self, sink: Sink, watchers: int, room: int = ROOM) -> None:
        """Until so many watch."""
        self._opening = room
        sink.open(watchers - len(self.sockets[room]))
        await until(sink.has_opened, "the handshakes")
        await until(lambda: len(self.sockets[room]) == watchers, "the sockets")
        await self.hub.settle_groups()

    async def announce(self, room: int = ROOM) -> int:
        """One message; returns the bytes that each watcher has to get."""
        from messaging.live import broadcast

        change = _change(room, self._revs[room])
        self._revs[room] = change.rev
        await broadcast.announce([change])
        return len(_wire_frame(change))

    async def deliver(self, sink: Sink, messages: int, burst: int = 1, room: int = ROOM) -> float:
        """Seconds of CPU of this process for so many messages, each `burst` of them delivered to all before the next.
        (Of a burst, some may be told together, in fewer bytes: after a while nothing more is waited for.)"""
        return await self._spent(sink, messages, burst, len(self.sockets[room]), lambda: self.announce(room))

    async def send_bare(self, sink: Sink, messages: int, burst: int = 1, room: int = ROOM) -> float:
        """The same with nothing but `socket.send` of as many bytes. On copies of the descriptors: the server goes on
        using its own."""
        frame = _wire_frame(_change(room, self._revs[room]))
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket(fileno=dup(number))) for number in self.sockets[room]]

            async def send() -> int:
                for one in sockets:
                    one.send(frame)
                return len(frame)

            return await self._spent(sink, messages, burst, len(sockets), send)

    async def _spent(
        self, sink: Sink, messages: int, burst: int, watchers: int, send: Callable[[], Awaitable[int]]
    ) -> float:
        pause_s = max(ASK_S, watchers * 2e-5)  # so that asking costs next to nothing
        started = time.process_time()
        for _ in range(messages // burst):
            expected = sink.received()
            for _ in range(burst):
                expected += await send() * watchers
            deadline = time.monotonic() + (WAIT_S if burst == 1 else TOGETHER_S)
            while sink.received() < expected:
                await asyncio.sleep(pause_s)
                if time.monotonic() > deadline:
                    if burst > 1:
                        break
                    raise TimeoutError(f"{sink.received():,} of {expected:,} bytes arrived")
        return time.process_time() - started


def descriptor(writer: Any) -> int:
    """Of the socket below a writer of either server."""
    transport = writer._protocol.transport
    if hasattr(transport, "get_extra_info"):
        return int(transport.get_extra_info("socket").fileno())
    return int(transport.fileno())


def server_frame(text: bytes) -> bytes:
    """As a server writes it: unmasked."""
    size = len(text)
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    return b"\x81" + length + text


async def until(condition: Callable[[], object], what: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - what it waits for happens in other processes
            await asyncio.sleep(0.01)


def _standing(room: int, rev: int, number: int) -> Any:
    from messaging.selectors.standing import Standing

    return Standing(
        id=room, name="bench", kind="public", rev=rev, seq=rev, floor=0, meta=1, read=0, unread=0, mentions=0, topic="",
        role="member", archived=False, members_version=1, membership=number, slow_mode_s=0, muted_until=None,
    )  # fmt: skip


def _change(room: int, after: int) -> Any:
    from messaging.live.broadcast import Count, RoomChange
    from messaging.wire.messages import MessageView, Sender

    rev = after + 1
    client_id = UUID(int=(time.time_ns() // 1_000_000 << 80) | (7 << 76) | (2 << 62) | rev)
    view = MessageView(seq=rev, rev=rev, client_id=client_id, sender=Sender(10**6, "Somebody"), body=BODY,
                       html=f"<p>{BODY}</p>\n", created_at=datetime.now(UTC))  # fmt: skip
    return RoomChange(room, after, rev, rev, 1, 1, [view.fragment()], [Count(rev, rev, 10**6, 1)])


def _wire_frame(change: Any) -> bytes:
    """As every watcher gets it."""
    from messaging.wire.server_frames import changes

    return server_frame(changes(change.room, change.after, change.rev, change.meta, [change.fragments[0].json]))


def serve(work: Callable[[WatchedRoom, int], Awaitable[Any]], server: str = "daphne") -> Any:
    """Run `work(room, port)` beside the server it needs, on one event loop; returns what it returns."""
    import django

    django.setup()
    return {"daphne": _serve_daphne, "uvicorn": _serve_uvicorn}[server](work)


def _serve_daphne(work: Callable[[WatchedRoom, int], Awaitable[Any]]) -> Any:
    import daphne.server  # noqa: F401  (installs Twisted's reactor)
    from twisted.internet import reactor

    from deploy.services.processes import free_port
    from messaging.daphne_server import ChatServer

    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    asyncio.set_event_loop(loop)
    room, port = WatchedRoom(), free_port()
    outcome: list[Any] = []
    server = ChatServer(
        application=room.application, endpoints=[f"tcp:port={port}:interface=127.0.0.1:backlog=1000"],
        signal_handlers=False, server_name="", websocket_timeout=FOR_EVER_S, ping_interval=FOR_EVER_S, verbosity=0,
        ready_callable=lambda: loop.create_task(job()),
    )  # fmt: skip

    async def job() -> None:
        try:
            await room.hub.start()
            outcome.append(await work(room, port))
        except BaseException as error:
            outcome.append(error)
        finally:
            await room.hub.stop()
            server.stop()

    server.run()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _serve_uvicorn(work: Callable[[WatchedRoom, int], Awaitable[Any]]) -> Any:
    import uvicorn

    from deploy.services.processes import free_port
    from messaging.uvicorn_protocol import ChatProtocol

    async def job() -> Any:
        room, port = WatchedRoom(), free_port()
        config = uvicorn.Config(
            room.application, port=port, ws=ChatProtocol, lifespan="off", interface="asgi3", log_level="error",
            ws_ping_interval=None, timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started, "the server")
        await room.hub.start()
        try:
            return await work(room, port)
        finally:
            await room.hub.stop()
            server.should_exit = True
            await serving

    return asyncio.run(job())
