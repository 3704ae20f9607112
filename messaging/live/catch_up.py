"""Reading what clients miss: once for all who miss the same."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from messaging import metrics
from messaging.live.local_room import Caught
from messaging.selectors import history
from messaging.threads import in_database


class Read(NamedTuple):
    caught: Caught
    members_version: int
    """Of the room, read after the rows: who was a member then may see them."""


class CatchUp:
    """Equal questions that are asked while one of them is being answered share its answer."""

    def __init__(self) -> None:
        self._asked: dict[tuple[int, int | None], asyncio.Task[Read]] = {}

    async def read(self, room: int, after: int | None) -> Read:
        """What brings a client at `after` (None: one that holds nothing) up to date. Raises database errors."""
        key = room, after
        task = self._asked.get(key)
        if task is None or task.done():  # an old answer, asked for again and again, would never let the loop go on
            task = self._asked[key] = asyncio.create_task(self._read(room, after))
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)  # one socket that goes away takes the answer from nobody

    def _forget(self, key: tuple[int, int | None], done: asyncio.Task[Read]) -> None:
        if self._asked.get(key) is done:
            del self._asked[key]

    @staticmethod
    async def _read(room: int, after: int | None) -> Read:
        metrics.catch_ups.inc()
        found, version = await in_database(history.changes_and_members_version, room, after)
        is_news = found.reset or found.messages or after is None
        return Read(Caught(found.rev, found.frames() if is_news else [], found.reset), version)
