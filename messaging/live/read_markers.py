"""Read markers of this process: the newest per person and room, written in one statement a second."""

from __future__ import annotations

import asyncio
import logging

from messaging import limits
from messaging.actions.read import raise_read_markers
from messaging.live import broadcast
from messaging.live.broadcast import PeopleNews, ReadMarker
from messaging.threads import in_database

logger = logging.getLogger(__name__)


class ReadMarkers:
    """Not history: losing the last second of them costs a person one glance."""

    def __init__(self) -> None:
        self._newest: dict[tuple[int, int], int] = {}
        self._task: asyncio.Task[None] | None = None

    def mark(self, user: int, room: int, seq: int) -> None:
        self._newest[user, room] = max(seq, self._newest.get((user, room), 0))

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._flush()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(limits.READ_MARKERS_EVERY_S)
            await self._flush()

    async def _flush(self) -> None:
        if not self._newest:
            return
        batch, self._newest = self._newest, {}
        try:
            await in_database(raise_read_markers, batch)
            reads = [ReadMarker(user, room, seq) for (user, room), seq in batch.items()]
            await broadcast.announce_in_time([], PeopleNews(reads=reads))
        except Exception as error:  # database or layer away: keep them for the next second
            logger.warning("read markers wait: %r", error)
            for (user, room), seq in batch.items():
                self.mark(user, room, seq)
