"""An appender for an event loop: results are told in bursts, with the next record or by one wake-up for all."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context

from messaging.log.port import Appended, Appender, Headers

logger = logging.getLogger(__name__)

Settled = Callable[[Future[Appended]], None]
"""Told of a future that is done. (One of asyncio's would tell a pass of the loop later.)"""


class LoopAppender:
    """Call `append` on the loop's thread only."""

    def __init__(self, appender: Appender, loop: asyncio.AbstractEventLoop) -> None:
        self._appender = appender
        self._loop = loop
        self._ready: deque[tuple[Settled, Future[Appended]]] = deque()
        self._woken = False

    @property
    def pending(self) -> int:
        return self._appender.pending

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Headers, settled: Settled) -> None:
        """As `Appender.append`; `settled` is called later, on the loop's thread."""
        self._tell()  # half a second before the loop would come to it, where thousands of sockets are busy
        self._appender.append(topic, key, value, headers).add_done_callback(lambda done: self._hand_over(settled, done))

    def _hand_over(self, settled: Settled, done: Future[Appended]) -> None:
        """On the log's thread."""
        self._ready.append((settled, done))
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._wake)
            except RuntimeError:  # the loop has ended, and with it everybody who waited
                self._ready.clear()

    def _wake(self) -> None:
        # Cleared first: what is added from here on wakes the loop again, at worst for nothing.
        self._woken = False
        self._tell()

    def _tell(self) -> None:
        while self._ready:
            settled, done = self._ready.popleft()
            try:
                Context().run(settled, done)  # what it logs belongs to no trace, and not to that of who appends
            except Exception:  # the others are waiting too
                logger.exception("a result of the log could not be handed over")
