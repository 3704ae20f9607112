"""Announcing a committed batch: at most a second, never in the way of the next batch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from messaging import metrics
from messaging.live.broadcast import PeopleNews, RoomChange, announce_from_thread, announce_in_time

logger = logging.getLogger(__name__)

Announce = Callable[[Iterable[RoomChange], PeopleNews], None]


class Announcer:
    """Drops what cannot be announced: hubs find it by `rev`. After a failure it stays silent for `REST_S`,
    so that a dead Redis does not cost every batch a second."""

    REST_S = 2.0

    def __init__(self, send: Announce) -> None:
        self._send = send
        self._silent_until = 0.0

    def __call__(self, changes: Iterable[RoomChange], people: PeopleNews) -> None:
        if time.monotonic() < self._silent_until:
            metrics.announce_failures.inc()
            return
        try:
            self._send(changes, people)
        except Exception as error:  # every kind of failure of the layer means the same: dropped, found by rev
            metrics.announce_failures.inc()
            self._silent_until = time.monotonic() + self.REST_S
            logger.warning("announcement dropped: %r", error)


class RunnerSend:
    """For a process without an event loop: one loop kept for the process (a fresh one each time would reconnect)."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def __call__(self, changes: Iterable[RoomChange], people: PeopleNews) -> None:
        self._runner.run(announce_in_time(changes, people))

    def close(self) -> None:
        self._runner.close()


loop_send: Announce = announce_from_thread
"""For the embedded bridge, beside the web process' loop."""
