from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import NamedTuple

from messaging import limits
from messaging.live.broadcast import Count, RoomChange
from messaging.live.session import Session, WatchedRoom
from messaging.selectors.history import Changes
from messaging.selectors.standing import Standing
from messaging.wire.server_frames import Fragment


class Caught(NamedTuple):
    """Ready frames that bring a client to `rev`. `reset`: it forgets first what it holds."""

    rev: int
    frames: list[bytes]
    reset: bool = False


class Ring:
    """The frames a room has just passed on, at most RING_BYTES and RING_S: most who come back missed no more."""

    __slots__ = ("_bytes", "_passed")

    def __init__(self) -> None:
        self._passed: deque[tuple[float, int, int, list[bytes]]] = deque()
        """(monotonic time, after, rev, frames), each beginning where the one before ended."""
        self._bytes = 0

    def add(self, after: int, rev: int, frames: list[bytes]) -> None:
        if self._passed and self._passed[-1][2] != after:
            self._passed.clear()
            self._bytes = 0
        self._passed.append((time.monotonic(), after, rev, frames))
        self._bytes += sum(map(len, frames))
        while self._bytes > limits.RING_BYTES:
            self._forget_first()

    def forget_old(self) -> None:
        oldest = time.monotonic() - limits.RING_S
        while self._passed and self._passed[0][0] < oldest:
            self._forget_first()

    def _forget_first(self) -> None:
        forgotten = self._passed.popleft()[3]
        self._bytes -= sum(map(len, forgotten))

    def since(self, rev: int) -> Caught | None:
        """None when it does not reach back that far. A frame that starts before `rev` is applied all the same."""
        if not self._passed or not self._passed[0][1] <= rev <= self._passed[-1][2]:
            return None
        missed = [frame for _, _, end, frames in self._passed if end > rev for frame in frames]
        return Caught(self._passed[-1][2], missed)


class LocalRoom:
    """A room that has people in this process."""

    __slots__ = ("_waiting", "lock", "members", "members_version", "rev", "ring", "waiting_bytes", "watchers")

    def __init__(self, rev: int, members_version: int) -> None:
        self.rev = rev
        self.members_version = members_version
        """Everybody in `members` was found to be one at this version or later."""
        self.members: dict[Session, Standing] = {}
        """Who is here, and where they stand: the same as in their `standings`."""
        self.watchers: dict[Session, WatchedRoom] = {}
        """Who looks at it, the same as in their `watched`; in the order in which they came, as members are. What was
        made together lies together in memory, ours and the system's: in a set's order a thousand cost a third more."""
        self.ring = Ring()
        self.lock = asyncio.Lock()
        """Held while the room moves on, so that a catch-up and an announcement do not both count a message."""
        self._waiting: list[RoomChange] = []
        self.waiting_bytes = 0

    @property
    def head(self) -> int:
        """Up to where is known what happened: passed on, or about to be."""
        return max(self.rev, self._waiting[-1].rev) if self._waiting else self.rev

    def wait(self, change: RoomChange) -> None:
        """Keep a change that follows on the head until it is passed on with others."""
        if self._waiting and self._waiting[-1].rev < change.after:  # a catch-up has passed on what waited, and more
            self._waiting, self.waiting_bytes = [], 0
        self._waiting.append(change)
        self.waiting_bytes += sum(len(fragment.json) for fragment in change.fragments)

    def take_waiting(self) -> RoomChange | None:
        waiting, self._waiting, self.waiting_bytes = self._waiting, [], 0
        return joined(waiting) if waiting else None

    def since(self, rev: int) -> Caught | None:
        """What a client at `rev` misses, from memory; None when that does not reach back so far."""
        return Caught(rev, []) if rev == self.rev else self.ring.since(rev)


def joined(changes: list[RoomChange]) -> RoomChange:
    """Changes that follow each other as one. Of a message that changed twice its last state is left, as a catch-up
    would find it; what overlaps is counted once."""
    first, last = changes[0], changes[-1]
    if first is last:
        return first
    newest: dict[int, Fragment] = {}
    counts: list[Count] = []
    counted = first.after
    for change in changes:
        for fragment in change.fragments:
            held = newest.get(fragment.seq)
            if held is None or held.rev < fragment.rev:
                newest[fragment.seq] = fragment
        counts += [item for item in change.counts if item.rev > counted]
        counted = change.rev
    return RoomChange(
        room=first.room,
        after=first.after,
        rev=last.rev,
        seq=max(change.seq for change in changes),
        meta=last.meta,
        members_version=last.members_version,
        fragments=[newest[seq] for seq in sorted(newest)],
        counts=counts,
        traces=[trace for change in changes for trace in change.traces],
    )


def as_change(found: Changes, local: LocalRoom) -> RoomChange:
    """A catch-up as if it had been announced. Each session counts of it what it does not know; mentions apart, for
    what a message no longer says cannot be seen in it."""
    views = [] if found.reset else sorted(found.messages, key=lambda view: view.seq)
    return RoomChange(
        room=found.room,
        after=found.after,
        rev=found.rev,
        seq=max((view.seq for view in found.messages), default=0),
        meta=found.meta,
        members_version=local.members_version,
        fragments=[],
        counts=[Count(view.seq, view.rev, view.sender.id, -1 if view.deleted_at else 1) for view in views],
    )
