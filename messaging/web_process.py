"""What a web process owns: the log's appender, the hub, the read markers; embedded, also a bridge and a relay."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from messaging import log as log_port
from messaging import metrics
from messaging.actions.filters import book
from messaging.bridge.announcer import Announcer, loop_send
from messaging.bridge.bridge import Bridge
from messaging.bridge.member import GroupMember
from messaging.bridge.offsets import PartitionCountChanged, check_partition_count
from messaging.bridge.relay import Relay
from messaging.bridge.topics import COMMANDS, topic_specs
from messaging.bridge.workers import WORKERS
from messaging.garbage import spare_the_start
from messaging.live.headcount import Headcount
from messaging.live.history import History
from messaging.live.hub import Hub
from messaging.live.load import Load
from messaging.live.read_markers import ReadMarkers
from messaging.live.throttles import ConnectLimit, SendLimits
from messaging.log.loop import LoopAppender
from messaging.log.port import LogError
from messaging.selectors.site import epoch
from messaging.threads import in_database
from messaging.watchdog import Watchdog

logger = logging.getLogger(__name__)

CLOSE_S = 10.0
RESTART_S = 1.0


class WebProcess:
    """One per process and event loop. Started by `serve`, or by the first socket under any other ASGI server."""

    def __init__(self) -> None:
        self.log = log_port.open_log()
        self.appender: LoopAppender
        self.load = Load(lambda: self.appender.pending)
        self.hub = Hub(self.load)
        self.read_markers = ReadMarkers(self.load)
        self.sends = SendLimits()
        self.connects = ConnectLimit()
        self.history = History()
        self.headcount = Headcount(lambda: len(self.hub.sessions))
        self.epoch = ""
        self._bridge: EmbeddedBridge | None = None

    async def start(self) -> None:
        self.epoch = await in_database(epoch)
        await in_database(book.reload)
        if settings.EMBEDDED:
            self._bridge = EmbeddedBridge(self.log)
            await in_database(self._bridge.prepare)
        self.appender = LoopAppender(self.log.accepting_appender(), asyncio.get_running_loop())
        metrics.log_pending.set_function(lambda: self.appender.pending)
        await self.hub.start()
        self.read_markers.start()
        self.history.start()
        self.headcount.start()
        if self._bridge is not None:
            self._bridge.start()
        spare_the_start()

    async def stop(self) -> None:
        """In the order of need: the bridge still announces through the hub, and still needs the log."""
        if self._bridge is not None:
            await asyncio.to_thread(self._bridge.stop)
        await self.headcount.stop()
        self.history.stop()
        await self.read_markers.stop()
        await self.hub.stop()
        await asyncio.to_thread(self.log.close)


class EmbeddedBridge:
    """The bridge, the relay and the workers on threads of the web process."""

    def __init__(self, log: log_port.Log) -> None:
        self._log = log
        self._relay = Relay(log.appender())
        bridge = KeptRunning(
            "bridge", lambda: Bridge(log, settings.CHAT_LOG_GROUP, Announcer(loop_send)), settings.CHAT_STUCK_S
        )
        self._members = [bridge, *(KeptRunning(name, partial(kind, log)) for name, kind in WORKERS.items())]

    def prepare(self) -> None:
        """Make the topics; takes the log's file lock, so this is where a second process is refused."""
        self._log.ensure_topics(topic_specs())
        check_partition_count(self._log, COMMANDS)

    def start(self) -> None:
        for member in self._members:
            member.start()
        self._relay.start()

    def stop(self) -> None:
        self._relay.stop()
        for member in self._members:
            member.stop()


class KeptRunning:
    """A group member on a thread. One that fails in a way nobody foresaw is replaced: the chat goes on accepting. One
    that hangs for `stuck_s` cannot be, and ends the process; 0: it may."""

    def __init__(self, name: str, make: Callable[[], GroupMember], stuck_s: float = 0) -> None:
        self._name, self._make, self._stuck_s = name, make, stuck_s
        self._stopping = threading.Event()
        self._member: GroupMember | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._member is not None:
            self._member.stop()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._member = member = self._make()
            if self._stopping.is_set():  # asked between the question and the making
                self._member.stop()
            try:
                with Watchdog(f"the {self._name}", partial(getattr, member, "rounds"), self._stuck_s):
                    member.run()
            except Exception:  # whatever it was, it is in the log, and the next one goes on where the database says
                logger.exception("the %s failed; another one starts", self._name)
                self._stopping.wait(RESTART_S)
            member.close()


_current: WebProcess | None = None
_starting: asyncio.Lock | None = None


async def web_process() -> WebProcess:
    """The running one; started at first need."""
    global _current, _starting
    if _current is None:
        _starting = _starting or asyncio.Lock()
        async with _starting:
            if _current is None:
                process = WebProcess()
                await process.start()
                _current = process
    return _current


def check_send_rate(user_id: int) -> None:
    """For sends that come by HTTP: the same buckets as those of the person's sockets here. Raises RateLimited, Busy."""
    if _current is not None:
        _current.sends.take(user_id)
        _current.load.take_send()


def log_at_hand() -> log_port.Log | None:
    """That of the running process, to look something up; None when none runs here."""
    return None if _current is None else _current.log


def recent_history() -> History:
    """Of the running process; an empty one when none runs here."""
    return _current.history if _current is not None else History()


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """ASGI's start and end, for servers that tell of them (daphne does not; `serve` calls the two by itself)."""
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            try:
                await web_process()
            except (LogError, PartitionCountChanged, DatabaseError) as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            await stop_web_process()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def stop_web_process() -> None:
    global _current
    if _current is not None:
        process, _current = _current, None
        await process.stop()
