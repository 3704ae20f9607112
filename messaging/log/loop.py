"""An appender for an event loop: results are handed over in bursts, one wake-up for all that are ready."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future

from messaging.log.port import Appended, Appender, Headers


class LoopAppender:
    """Call `append` on the loop's thread only."""

    def __init__(self, appender: Appender, loop: asyncio.AbstractEventLoop) -> None:
        self._appender = appender
        self._loop = loop
        self._ready: deque[tuple[asyncio.Future[Appended], Future[Appended]]] = deque()
        self._woken = False

    @property
    def pending(self) -> int:
        return self._appender.pending

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> asyncio.Future[Appended]:
        """As `Appender.append`."""
        waiting: asyncio.Future[Appended] = self._loop.create_future()
        self._appender.append(topic, key, value, headers).add_done_callback(lambda done: self._hand_over(waiting, done))
        return waiting

    def _hand_over(self, waiting: asyncio.Future[Appended], done: Future[Appended]) -> None:
        """On the log's thread."""
        self._ready.append((waiting, done))
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._resolve)
            except RuntimeError:  # the loop has ended, and with it everybody who waited
                self._ready.clear()

    def _resolve(self) -> None:
        # Cleared first: what is added from here on wakes the loop again, at worst for nothing.
        self._woken = False
        while self._ready:
            waiting, done = self._ready.popleft()
            if waiting.done():
                continue
            error = done.exception()
            if error is None:
                waiting.set_result(done.result())
            else:
                waiting.set_exception(error)
