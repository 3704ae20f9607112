"""One open socket: who is there, what they hold, what they look at."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

from messaging import limits, metrics
from messaging.errors import Busy, RateLimited
from messaging.live.broadcast import Count, RoomChange
from messaging.live.counting import Plain
from messaging.live.throttles import TokenBucket
from messaging.live.writers import FrameWriter, SystemSend, send_straight, wire_frame
from messaging.selectors.standing import Standing
from messaging.wire import server_frames
from messaging.wire.close_codes import CloseCode


def read_frame(held: Standing) -> bytes:
    """Where a person's marker is, and the exact counts above it."""
    return server_frames.frame("read", room=held.id, seq=held.read, unread=held.unread, mentions=held.mentions)


class WatchedRoom:
    """A room on screen. While a catch-up is being written (`held` is a list), live frames wait here."""

    __slots__ = ("behind", "held", "held_bytes", "is_only", "lock", "rev", "room", "session", "writer")

    def __init__(self, room: int, session: Session) -> None:
        self.room, self.session = room, session
        self.writer = session.writer
        self.is_only = True
        """This socket watches no other."""
        self.rev = 0
        """Up to where frames were written to this socket."""
        self.behind = False
        """Frames after `rev` were skipped; it has to be caught up from there."""
        self.held: list[tuple[int, list[bytes]]] | None = []
        self.held_bytes = 0
        self.lock = asyncio.Lock()
        """One catch-up at a time."""

    def hold(self, held: list[tuple[int, list[bytes]]], rev: int, frames: list[bytes]) -> None:
        """Keep live frames for after the catch-up, or skip them when they are too much."""
        self.held_bytes += sum(map(len, frames))
        if self.held_bytes > limits.SKIP_BYTES:
            self.behind = True
            held.clear()
        elif not self.behind:
            held.append((rev, frames))

    def straight(self, rev: int) -> SystemSend | None:
        """The shortest way for the one live frame up to `rev`, which counts as written then; None: `deliver` it. (What
        a fan-out asks of every socket: nothing but this and its writer is looked at, for each look is at memory that
        the processor has not at hand.)"""
        if self.held is not None or self.behind:
            return None
        send = self.writer.straight()
        if send is not None:
            self.rev = rev
        return send


class Session:
    """State of one socket in its process. Event-loop only; every write goes through `write`."""

    def __init__(self, user: Any, session_key: str, writer: FrameWriter) -> None:
        self.user_id: int = user.pk
        self.user_name: str = user.display_name
        self.session_key = session_key
        self.language = "en"
        self.writer = writer
        self.standings: dict[int, Standing] = {}
        self.watched: dict[int, WatchedRoom] = {}
        self.on_screen: dict[int, int] = {}
        """The list of the newest `watch`, as sent."""
        self.stale_badges: set[int] = set()
        self.changed_rooms: set[int] = set()
        """Rooms of which more has changed than counts: told with the next badges, as a whole."""
        self.is_idle = False
        """Nobody has touched this page for a while, or sees it."""
        self.outstanding = 0
        self._refused: dict[int, tuple[UUID, float, float]] = {}
        """Of each room what the chat was too busy for, its `retry_after`, and until when all that follows waits."""
        self._refusals: list[bytes] = []
        """Answers that are told together."""
        self._is_cut_off = False
        self._reads_paused = False
        self._errors = TokenBucket(limits.ERRORS_PER_MINUTE / 60, limits.ERRORS_PER_MINUTE)

    def write(self, frame: bytes) -> None:
        """Write one frame, or cut off a peer that has stopped reading."""
        if self._is_cut_off:
            return
        if self.writer.backlog() > limits.BACKLOG_BYTES:
            self.cut_off()
            return
        self.writer.write(frame)

    def answer(self, *frames: bytes) -> None:
        """Write what answers frames of this peer, behind its refusals that wait: at once, for there is nothing else to
        gather it with."""
        told = (*self._refusals, *frames)
        self._refusals.clear()
        send = None if self._is_cut_off else self.writer.straight()
        if send is None:
            for frame in told:
                self.write(frame)
        else:
            send_straight(b"".join(map(wire_frame, told)), ((send, self.writer),))

    def cut_off(self) -> None:
        """End the connection of a peer that does not read."""
        if not self._is_cut_off:
            self._is_cut_off = True
            metrics.sockets_closed.labels(code=CloseCode.TOO_SLOW.value).inc()
            self.writer.abort()

    def bound_unread(self) -> None:
        """Read no more from a peer that sends faster than its frames are handled, until that has caught up."""
        unread = self.writer.unread()
        if self._reads_paused and unread <= limits.UNREAD_FRAMES // 2:
            self._reads_paused = False
            self.writer.pause_reading(False)
        elif not self._reads_paused and unread > limits.UNREAD_FRAMES:
            self._reads_paused = True
            self.writer.pause_reading(True)

    @property
    def is_drained(self) -> bool:
        return self.writer.backlog() <= limits.DRAINED_BYTES

    async def drained(self) -> bool:
        """Wait until the peer has read; False for one that is cut off, because it did not in SLOW_S."""
        deadline = time.monotonic() + limits.SLOW_S
        while not self.is_drained and not self._is_cut_off:
            if time.monotonic() > deadline:
                self.cut_off()
            await asyncio.sleep(limits.SLOW_CHECK_S / 5)
        return not self._is_cut_off

    def close(self, code: CloseCode) -> None:
        self.writer.close(code)

    def allow_error(self) -> bool:
        """Whether this client may be told of one more error; False beyond 20 a minute."""
        try:
            self._errors.take()
        except RateLimited:
            return False
        return True

    # Order: what was written behind a refused message is refused with it, or a busy moment would turn them round.

    def keep_order(self, room: int, client_id: UUID, *, again: bool = False) -> None:
        """Raises Busy for what would overtake a refused message; `again`: not for what may be in the log already."""
        first, retry_after, until = self._refused.get(room, (client_id, 0.0, 0.0))
        if client_id == first or time.monotonic() >= until:
            self._refused.pop(room, None)
        elif not again:
            raise Busy(retry_after=retry_after)

    def refused(self, room: int, client_id: UUID, retry_after: float) -> None:
        """The chat is too busy for this one. What follows waits until it comes again, or is not going to."""
        until = time.monotonic() + retry_after + limits.UNHEARD_S
        self._refused.setdefault(room, (client_id, retry_after, until))

    def refuse(self, frame: bytes) -> None:
        """Answer what stood behind a refused message, together with what else does and has come already: where
        thousands wait, a turn and a write for each cost as much as to serve them would."""
        self._refusals.append(frame)
        if not self.refuses_more:
            self.tell_refusals()

    @property
    def refuses_more(self) -> bool:
        """Whether refusals wait for what this peer has sent already, which is to be handled in the same turn."""
        return bool(self._refusals) and self.writer.unread() > 0

    def tell_refusals(self) -> None:
        if self._refusals:
            self.answer()

    # Watching: register, then catch up; live frames in between wait, and those the catch-up covers are dropped.

    def begin_watch(self, room: int) -> WatchedRoom:
        watched = self.watched[room] = WatchedRoom(room, self)
        self._count_watched()
        return watched

    def end_watch(self, room: int) -> bool:
        """False when it was not watched."""
        watched = self.watched.pop(room, None)
        self._count_watched()
        return watched is not None

    def _count_watched(self) -> None:
        for watched in self.watched.values():
            watched.is_only = len(self.watched) == 1

    async def write_caught(self, watched: WatchedRoom, frames: list[bytes], rev: int) -> None:
        """Write a catch-up to `rev`, piece by piece as the peer reads, then what arrived meanwhile and is newer."""
        for frame in frames:
            if not await self.drained() or watched.room not in self.standings:
                return
            self.write(frame)
        if self.watched.get(watched.room) is not watched:
            return
        held, watched.held, watched.held_bytes = watched.held or [], None, 0
        watched.rev = rev
        for held_rev, live in held:
            if held_rev > watched.rev and not watched.behind:
                self._write_live(watched, held_rev, live)

    def deliver(self, watched: WatchedRoom, rev: int, frames: list[bytes]) -> bool:
        """Hand over the live `changes` frames of one step of a watched room, all or none; False when they are skipped,
        for the peer is slow."""
        if watched.held is not None:
            watched.hold(watched.held, rev, frames)
            return not watched.behind
        if watched.behind or not (self._is_cut_off or self._has_room_for(frames)):
            watched.behind = True
            metrics.skipped.inc()
            return False
        self._write_live(watched, rev, frames)
        return True

    def _has_room_for(self, frames: list[bytes]) -> bool:
        """A long chain, of what this process had missed, is no reason to cut somebody off: it is caught up piece by
        piece."""
        backlog = self.writer.backlog()
        return backlog <= limits.SKIP_BYTES and (
            len(frames) == 1 or backlog + sum(map(len, frames)) <= limits.BACKLOG_BYTES
        )

    def _write_live(self, watched: WatchedRoom, rev: int, frames: list[bytes]) -> None:
        for frame in frames:
            self.write(frame)
        watched.rev = max(watched.rev, rev)

    # Counting: badges are computed from announcements, not from the database.

    def count(self, standing: Standing, change: RoomChange, plain: Plain | None = None) -> bool:
        """Move this person's numbers of a room along; False when there was nothing to count.

        `plain`: the change as looked at once for everybody, if it only adds messages.
        """
        if change.rev <= standing.rev:
            return False  # read from the database after this was stored, and before it was announced
        if (
            plain is not None
            and standing.rev < plain.first_rev
            and standing.seq < plain.first_seq
            and standing.read < plain.first_seq
        ):  # nothing of it is known or read here
            concern = plain.concerned.get(self.user_id)
            if concern is None:
                standing.unread += plain.new
            elif concern.read:
                standing.read, standing.unread, standing.mentions = concern
            else:
                standing.unread += concern.unread
                standing.mentions += concern.mentions
            standing.seq = change.seq
        else:
            for item in change.counts:
                if item.rev > standing.rev:
                    self._count_one(standing, item)
            standing.seq = max(standing.seq, change.seq)
        standing.rev, standing.meta = change.rev, change.meta
        return True

    def _count_one(self, standing: Standing, item: Count) -> None:
        is_new = item.seq > standing.seq
        standing.seq = max(standing.seq, item.seq)
        if item.sender == self.user_id:
            if is_new:  # sending reads what was there before, also when it has been deleted since
                standing.read, standing.unread, standing.mentions = item.seq, 0, 0
        elif is_new == (item.delta > 0) and item.seq > standing.read:
            standing.unread = max(0, standing.unread + item.delta)
            named = (self.user_id in item.named) - (self.user_id in item.unnamed)
            standing.mentions = max(0, standing.mentions + named)

    def flush_rooms(self) -> None:
        """Tell what a page shows of a room, beside its counts, as it is now."""
        for room in self.changed_rooms & self.standings.keys():
            self.write(server_frames.frame("notice", code="changed", room=self.standings[room]))
        self.changed_rooms.clear()

    def flush_badges(self) -> None:
        rooms = {room: self.standings[room].badge() for room in self.stale_badges if room in self.standings}
        self.stale_badges.clear()
        if rooms:
            self.write(server_frames.badges(rooms))
