"""One open socket: who is there, what they hold, what they look at."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings

from messaging import limits, metrics
from messaging.errors import RateLimited
from messaging.live.broadcast import RoomChange
from messaging.live.writers import FrameWriter
from messaging.selectors.standing import Standing
from messaging.wire import server_frames
from messaging.wire.close_codes import CloseCode


class TokenBucket:
    """`rate` a second on average, `burst` at once. Raises RateLimited with the seconds to wait."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._tokens, self._at = burst, time.monotonic()

    def take(self) -> None:
        now = time.monotonic()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            raise RateLimited(retry_after=round((1 - self._tokens) / self.rate, 3))
        self._tokens -= 1


class WatchedRoom:
    """A room on screen. Until its snapshot is written (`held` is None from then on), frames wait here."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held: list[tuple[int, bytes]] | None = []


class Session:
    """State of one socket in its process. Event-loop only; every write goes through `write`."""

    def __init__(self, user: Any, session_key: str, writer: FrameWriter) -> None:
        self.user_id: int = user.pk
        self.user_name: str = user.display_name
        self.session_key = session_key
        self.writer = writer
        self.standings: dict[int, Standing] = {}
        self.watched: dict[int, WatchedRoom] = {}
        self.on_screen: dict[int, int] = {}
        """The list of the newest `watch`, as sent."""
        self.stale_badges: set[int] = set()
        self.outstanding = 0
        self._is_cut_off = False
        self._errors = TokenBucket(limits.ERRORS_PER_MINUTE / 60, limits.ERRORS_PER_MINUTE)

    def write(self, frame: bytes) -> None:
        """Write one frame, or cut off a peer that has stopped reading."""
        if self._is_cut_off:
            return
        if self.writer.backlog() > limits.BACKLOG_BYTES:
            self._is_cut_off = True
            metrics.sockets_closed.labels(code=CloseCode.TOO_SLOW.value).inc()
            self.writer.abort()
            return
        self.writer.write(frame)

    def close(self, code: CloseCode) -> None:
        self.writer.close(code)

    def allow_error(self) -> bool:
        """Whether this client may be told of one more error; False beyond 20 a minute."""
        try:
            self._errors.take()
        except RateLimited:
            return False
        return True

    # Watching: register, then snapshot; frames in between wait, and those the snapshot covers are dropped.

    def begin_watch(self, room: int) -> None:
        self.watched[room] = WatchedRoom()

    def end_snapshot(self, room: int, frames: list[bytes], rev: int) -> None:
        """Write the snapshot at `rev`, then what arrived meanwhile and is newer."""
        watched = self.watched.get(room)
        for frame in frames:
            self.write(frame)
        if watched is None or watched.held is None:
            return
        held, watched.held = watched.held, None
        for held_rev, frame in held:
            if held_rev > rev:
                self.write(frame)

    def deliver(self, room: int, rev: int, frame: bytes) -> None:
        """Hand over a live `changes` frame of a watched room."""
        held = self.watched[room].held
        if held is None:
            self.write(frame)
        else:
            held.append((rev, frame))

    # Counting: badges are computed from announcements, not from the database.

    def count(self, change: RoomChange) -> None:
        """Move this person's numbers of a room along; mark its badge for the next tick when it is not on screen."""
        standing = self.standings[change.room]
        if change.rev <= standing.rev:
            return  # read from the database after this was stored, and before it was announced
        for item in change.counts:
            if item.delta > 0 and item.seq <= standing.seq:
                continue
            if item.sender == self.user_id:
                if item.delta > 0:
                    standing.read, standing.unread = max(standing.read, item.seq), 0
            elif item.seq > standing.read:
                standing.unread = max(0, standing.unread + item.delta)
        standing.seq, standing.rev, standing.meta = change.seq, change.rev, change.meta
        self.stale_badges.add(change.room)

    def flush_badges(self) -> None:
        rooms = {room: self.standings[room].badge() for room in self.stale_badges if room in self.standings}
        self.stale_badges.clear()
        if rooms:
            self.write(server_frames.badges(rooms))


class SendBuckets:
    """`CHAT_SEND_RATE` per person over all their sockets in this process. Full buckets are forgotten."""

    def __init__(self) -> None:
        self._buckets: dict[int, TokenBucket] = {}

    def take(self, user_id: int) -> None:
        bucket = self._buckets.get(user_id)
        if bucket is None:
            bucket = self._buckets[user_id] = TokenBucket(settings.CHAT_SEND_RATE, settings.CHAT_SEND_BURST)
        bucket.take()

    def forget(self, user_id: int) -> None:
        self._buckets.pop(user_id, None)
