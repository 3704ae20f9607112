"""The usual change of a room, looked at once for everybody: nothing but new messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from messaging.live.broadcast import RoomChange


@dataclass(frozen=True, slots=True)
class Plain:
    """A change that only adds messages: each is one more unread to all but those it concerns by name."""

    new: int
    first_seq: int
    first_rev: int
    concerned: frozenset[int]
    """Who wrote one, or is mentioned in one."""

    @classmethod
    def of(cls, change: RoomChange) -> Self | None:
        """None for a change that has to be counted one by one."""
        counts, last_seq = change.counts, 0
        if not counts:
            return None
        concerned = set()
        for item in counts:
            if item.delta != 1 or item.seq <= last_seq or item.unnamed:
                return None
            last_seq = item.seq
            concerned.add(item.sender)
            concerned.update(item.named)
        return cls(len(counts), counts[0].seq, min(item.rev for item in counts), frozenset(concerned))
