"""Announcing a committed batch: at most a second, never in the way of the next batch."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from messaging import metrics
from messaging.breaker import Breaker, BreakerOpen
from messaging.live.broadcast import PeopleNews, RoomChange, announce_from_thread, announce_in_time

logger = logging.getLogger(__name__)

Announce = Callable[[Iterable[RoomChange], PeopleNews], None]


class Announcer:
    """Drops what cannot be announced: hubs find it by `rev`. A breaker keeps a dead Redis from costing every batch a
    second."""

    def __init__(self, send: Announce) -> None:
        self._send = send
        self._breaker = Breaker("layer")

    def __call__(self, changes: Iterable[RoomChange], people: PeopleNews) -> None:
        try:
            self._breaker.call(lambda: self._send(changes, people))
        except BreakerOpen:
            metrics.announce_failures.inc()
        except Exception as error:  # every kind of failure of the layer means the same: dropped, found by rev
            metrics.announce_failures.inc()
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
