from __future__ import annotations

import asyncio

from messaging.live.broadcast import Count, RoomChange
from messaging.live.session import Session
from messaging.selectors.history import Changes


class LocalRoom:
    """A room that has people in this process."""

    __slots__ = ("lock", "members", "members_version", "rev", "watchers")

    def __init__(self, rev: int, members_version: int) -> None:
        self.rev = rev
        self.members_version = members_version
        self.members: set[Session] = set()
        self.watchers: set[Session] = set()
        self.lock = asyncio.Lock()
        """Held while the room moves on, so that a catch-up and an announcement do not both count a message."""


def as_change(found: Changes, local: LocalRoom) -> RoomChange:
    """A catch-up as if it had been announced, so that counts move the same way."""
    known_seq = min((session.standings[found.room].seq for session in local.members), default=0)
    counts = [] if found.reset else [
        Count(view.seq, view.sender.id, -1 if view.deleted_at else 1)
        for view in found.messages
        if (view.seq > known_seq) != bool(view.deleted_at)
    ]  # fmt: skip
    newest = max([known_seq, *(view.seq for view in found.messages)])
    return RoomChange(
        room=found.room,
        after=found.after,
        rev=found.rev,
        seq=newest,
        meta=found.meta,
        members_version=local.members_version,
        fragments=[],
        counts=counts,
    )
