"""daphne as the chat needs it: the protocol object in the scope, no server name, and an end that is polite.

SIGTERM or Ctrl-C: stop listening, close every socket with 4412 at a random moment of the drain window, then stop.
A second signal ends the process at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from autobahn.websocket import protocol as autobahn_protocol
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.conf import settings
from twisted.internet import reactor

from messaging import limits
from messaging.live.writers import ARRIVED, EXTENSION, DaphneWriter
from messaging.watchdog import Watchdog
from messaging.web_process import stop_web_process, web_process
from messaging.wire import server_frames
from messaging.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

autobahn_protocol.pformat = repr  # type: ignore[assignment]
"""It describes forty settings to a log nobody reads, for each new connection; prettily, that takes 1 ms of the loop."""

SOCKET_LIFE_S = 10 * 365 * 24 * 3600
"""daphne closes every socket after a day by default; ours end when they are done."""
GOODBYE_S = 3.0


class StampedQueue:
    """What daphne puts for a socket's application, with the moment it came: how long a frame waited is then known."""

    def __init__(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        self.qsize, self._put = queue.qsize, queue.put_nowait

    def put_nowait(self, message: dict[str, Any]) -> None:
        message[ARRIVED] = time.monotonic()
        self._put(message)


class ChatServer(Server):
    """daphne's server, with what it needs to end well. `failed`: it could not listen."""

    failed: str | None = None

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] != "websocket":
            return super().create_application(protocol, scope)
        scope.setdefault("extensions", {})[EXTENSION] = DaphneWriter(protocol)
        return StampedQueue(super().create_application(protocol, scope))

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ports = [*getattr(self, "ports", []), port]

    def listen_error(self, failure: Any) -> None:
        self.failed = failure.getErrorMessage()
        self.stop()

    def stop_listening(self) -> None:
        for port in getattr(self, "ports", []):
            port.stopListening()

    def is_busy(self) -> bool:
        return any("disconnected" not in details for details in self.connections.values())


class Inherited:
    """What a worker has of its parent (`serve --workers`): the listening socket, and a lifeline that ends with it."""

    def __init__(self, descriptors: str) -> None:
        """Raises ValueError for what is not two numbers, OSError for what is no socket."""
        listener, lifeline = (int(text) for text in descriptors.split(","))
        self.listener, self.lifeline = socket.socket(fileno=listener), socket.socket(fileno=lifeline)
        self.lifeline.setblocking(False)
        for one in (self.listener, self.lifeline):
            one.set_inheritable(False)

    def take_over(self, loop: asyncio.AbstractEventLoop, server: ChatServer, end: Callable[[], None]) -> None:
        """Accept what comes, tell the parent that we do, and end when it is gone."""

        def look() -> None:
            try:
                is_gone = self.lifeline.recv(1) == b""
            except BlockingIOError:
                return
            except OSError:
                is_gone = True
            if is_gone:
                loop.remove_reader(self.lifeline)
                end()

        server.listen_success(
            reactor.adoptStreamPort(self.listener.fileno(), self.listener.family, server.http_factory)
        )
        self.listener.close()  # the port has its own; a socket that stays open would let people wait while we end
        loop.add_reader(self.lifeline, look)
        self.lifeline.send(b"r")


def run_server(
    application: Any, host: str, port: int, on_ready: Callable[[], None], inherited: Inherited | None = None
) -> None:
    """Serve until a signal comes; blocks. Raises OSError when it cannot listen, LogLocked when the log is taken."""
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    asyncio.set_event_loop(loop)
    server: ChatServer = ChatServer(
        application=application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        signal_handlers=False,
        server_name="",
        websocket_timeout=SOCKET_LIFE_S,
        websocket_max_message_size=limits.SOCKET_FRAME_BYTES,
        websocket_max_frame_size=limits.SOCKET_FRAME_BYTES,
        ping_interval=settings.CHAT_HEARTBEAT_S,
        ping_timeout=settings.CHAT_HEARTBEAT_S,
        ready_callable=lambda: loop.call_soon(_say_ready, server, on_ready),
        verbosity=0,
    )
    lag = loop.run_until_complete(web_process()).hub.lag
    end = _end_on_signals(loop, server)
    if inherited is not None:
        server.endpoints = []
        loop.call_soon(inherited.take_over, loop, server, end)
    with Watchdog("the web process", lambda: lag.looks, settings.CHAT_STUCK_S):
        server.run()
    if server.failed:
        loop.run_until_complete(stop_web_process())
        raise OSError(server.failed)


def _say_ready(server: ChatServer, on_ready: Callable[[], None]) -> None:
    if not server.failed:
        on_ready()


def _end_on_signals(loop: asyncio.AbstractEventLoop, server: ChatServer) -> Callable[[], None]:
    """Returns what ends the server by other means."""
    ending: list[asyncio.Task[None]] = []

    def end() -> None:
        if ending:
            logger.warning("second signal: ending at once")
            os._exit(1)
        logger.info("ending: no new connections, draining for %s s", settings.CHAT_DRAIN_S)
        ending.append(loop.create_task(_drain(server)))

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    return end


async def _drain(server: ChatServer) -> None:
    try:
        server.stop_listening()
        process = await web_process()
        sessions = tuple(process.hub.sessions)
        window = settings.CHAT_DRAIN_S if len(sessions) > 1 else 0
        await asyncio.gather(*(_say_goodbye(session, random.uniform(0, window)) for session in sessions))
        async with asyncio.timeout(GOODBYE_S):
            while server.is_busy():  # noqa: ASYNC110 - daphne keeps its connections in a plain dict
                await asyncio.sleep(0.05)
    except TimeoutError:
        logger.info("some connections did not end by themselves")
    finally:
        await stop_web_process()
        server.stop()


async def _say_goodbye(session: Any, after_s: float) -> None:
    await asyncio.sleep(after_s)
    session.write(server_frames.frame("restart", after_ms=0))
    session.close(CloseCode.RESTARTING)
