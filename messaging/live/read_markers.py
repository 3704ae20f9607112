"""Read markers of this process: the newest per person and room, written in one statement a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from django.db import DatabaseError

from messaging import limits
from messaging.actions.read import lower_read_marker, raise_read_markers
from messaging.live import broadcast
from messaging.live.broadcast import PeopleNews, ReadMarker
from messaging.live.load import Load, Shed
from messaging.live.session import Session, read_frame
from messaging.selectors.standing import Standing, standings
from messaging.threads import in_database

logger = logging.getLogger(__name__)


class ReadMarkers:
    """Not history: losing the last second of them costs a person one glance."""

    def __init__(self, load: Load | None = None) -> None:
        self._load = load or Load()
        self._newest: dict[tuple[int, int], int] = {}
        self._written: dict[tuple[int, int], int] = {}
        """The last ones that were, or are being, written."""
        self._writing = asyncio.Lock()
        """A marker that goes back must not be raised again by one that was on its way."""
        self._task: asyncio.Task[None] | None = None

    def mark(self, marker: ReadMarker) -> None:
        key = marker.user, marker.room
        self._newest[key] = max(marker.seq, self._newest.get(key, 0))

    async def tell(self, session: Session) -> None:
        """A socket that has just come read the database, which may not know the markers of the last second."""
        for room in list(session.standings):
            key = session.user_id, room
            seq = max(self._newest.get(key, 0), self._written.get(key, 0))
            if seq:
                await move_marker([session], ReadMarker(*key, seq))

    async def go_back(self, marker: ReadMarker) -> bool:
        """Set a marker back from `was`, and tell everybody; False when the person has read on meanwhile."""
        key = marker.user, marker.room
        async with self._writing:
            pending = self._newest.pop(key, 0)
            self._written.pop(key, None)
            try:
                moved = pending <= (marker.was or 0) and await in_database(
                    lower_read_marker, *key, marker.seq, marker.was or 0, pending
                )
            except DatabaseError as error:
                logger.warning("a read marker cannot go back: %s", error)
                moved = False
            if not moved and pending:
                self.mark(ReadMarker(*key, pending))
        if moved:
            await self._announce([marker])
        return moved

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
        async with self._writing:
            batch = self._written = self._newest
            self._newest = {}
            if not batch:
                return
            try:
                await in_database(raise_read_markers, batch)
            except DatabaseError as error:  # away: keep them for the next second
                logger.warning("read markers wait: %r", error)
                self._written = {}
                for (user, room), seq in batch.items():
                    self.mark(ReadMarker(user, room, seq))
                return
        if self._load.admits(Shed.RECEIPTS):
            await self._announce([ReadMarker(user, room, seq) for (user, room), seq in batch.items()])

    @staticmethod
    async def _announce(reads: list[ReadMarker]) -> None:
        try:
            await broadcast.announce_in_time([], PeopleNews(reads=reads, origin=broadcast.ORIGIN))
        except Exception as error:  # whatever the layer raises: other tabs hear of it with their next page
            logger.warning("read markers are not told: %r", error)


async def move_marker(sessions: Iterable[Session], marker: ReadMarker) -> None:
    """Move a person's marker in these sockets of theirs and tell them the exact counts. It goes back only from where
    the person saw it."""
    for session in sessions:
        held = session.standings.get(marker.room)
        if held is None:
            continue
        if marker.was is not None and marker.was > held.seq:
            # Who went back knew of more than this socket: of a message of their own, perhaps, which would read it all.
            await _recount(session, held, from_database=True)
        elif not _moves(held.read, marker):
            continue
        else:
            held.read = min(marker.seq, held.seq)
            if held.read < held.seq:
                await _recount(session, held)
            else:
                held.unread = held.mentions = 0
        session.write(read_frame(held))


def _moves(read: int, marker: ReadMarker) -> bool:
    """Whether a marker at `read` is to be moved: up, or back from where the person saw it."""
    return marker.seq > read if marker.was is None else marker.seq < read <= marker.was


async def _recount(session: Session, held: Standing, *, from_database: bool = False) -> None:
    """Read the counts above the marker, or above the one in the database, with that. They belong to one `rev`: read
    again if we have counted beyond it since."""
    while session.standings.get(held.id) is held:
        marker = held.read
        asked = None if from_database else marker
        found = (await in_database(standings, session.user_id, [held.id], asked)).get(held.id)
        if found is None:
            return
        if held.read == marker and found.rev >= held.rev:
            held.seq, held.rev, held.read = found.seq, found.rev, found.read if from_database else marker
            held.unread, held.mentions = found.unread, found.mentions
            session.stale_badges.add(held.id)
            return
