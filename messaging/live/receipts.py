"""Read receipts: who has read how far in a small room, told to those who look at it and share theirs."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from messaging import limits
from messaging.live.broadcast import ReadMarker
from messaging.live.load import Load, Shed
from messaging.live.rechecks import guarded
from messaging.live.session import Session
from messaging.selectors.company import readers_of
from messaging.threads import in_database
from messaging.wire import server_frames


class _Room:
    """`readers` is empty for a room that is too large."""

    __slots__ = ("lookers", "read_at", "readers")

    def __init__(self) -> None:
        self.lookers: set[Session] = set()
        self.readers: dict[int, int] = {}
        self.read_at: float | None = None


class Receipts:
    """Of one process. Event-loop only; markers come as they are announced, and from the database now and then, which
    also knows who has joined, left, or changed their mind."""

    def __init__(self, load: Load | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._load, self._clock = load or Load(), clock
        self._rooms: dict[int, _Room] = defaultdict(_Room)
        self._room_of: dict[Session, int] = {}
        self._told: dict[Session, dict[int, int]] = {}
        self._heard: list[ReadMarker] = []
        """Since the last tick."""

    def look_at(self, session: Session, room: int) -> None:
        """From now on this socket is told of this room, and of no other."""
        self.leave(session)
        self._room_of[session] = room
        self._rooms[room].lookers.add(session)

    def leave(self, session: Session) -> None:
        """Forget a socket that is gone, or looks elsewhere."""
        self._told.pop(session, None)
        room = self._room_of.pop(session, None)
        if room is None:
            return
        self._rooms[room].lookers.discard(session)
        if not self._rooms[room].lookers:
            del self._rooms[room]

    def hear(self, markers: Iterable[ReadMarker]) -> None:
        self._heard += [marker for marker in markers if marker.room in self._rooms]

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(limits.READ_MARKERS_EVERY_S)
            await guarded(self.tick)

    async def tick(self) -> None:
        if not self._load.admits(Shed.RECEIPTS):
            self._heard.clear()
            for room in self._rooms.values():
                room.read_at = None
            return
        await self._read()
        # After what was read: a marker is announced when it is in the database, so none of these is older than that.
        heard, self._heard = self._heard, []
        for marker in heard:
            held = self._rooms.get(marker.room)
            if held is not None and marker.user in held.readers:
                back = marker.was is not None
                held.readers[marker.user] = marker.seq if back else max(marker.seq, held.readers[marker.user])
        for session, number in tuple(self._room_of.items()):
            self._tell(session, number)

    async def _read(self) -> None:
        now = self._clock()
        due = [
            number
            for number, room in self._rooms.items()
            if room.read_at is None or now - room.read_at >= limits.RECEIPTS_CHECK_EVERY_S
        ]
        found = await in_database(readers_of, due) if due else {}
        for number in due:
            if number in self._rooms:
                self._rooms[number].read_at, self._rooms[number].readers = now, found.get(number, {})

    def _tell(self, session: Session, number: int) -> None:
        """The full list, when it is another one than before. Who does not share sees nobody."""
        readers = self._rooms[number].readers
        shown = readers if session.user_id in readers and number in session.standings else {}
        if shown != self._told.get(session, {}):
            self._told[session] = dict(shown)
            people = {str(user): seq for user, seq in shown.items()}
            session.write(server_frames.frame("seen", room=number, people=people))
