"""The usual change of a room, looked at once for everybody: nothing but new messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

from messaging.live.broadcast import RoomChange


class Concern(NamedTuple):
    """What the messages from a person's own last one on are to that person; without one: all of them."""

    read: int
    """Sending reads up to here; 0: nothing was sent."""
    unread: int
    mentions: int


@dataclass(frozen=True, slots=True)
class Plain:
    """A change that only adds messages: each is one more unread to all but those it concerns by name."""

    new: int
    first_seq: int
    first_rev: int
    concerned: dict[int, Concern]
    """Who wrote one, or is mentioned in one."""

    @classmethod
    def of(cls, change: RoomChange) -> Self | None:
        """None for a change that has to be counted one by one."""
        counts, last_seq, concerned = change.counts, 0, dict[int, Concern]()
        for to_come, item in zip(range(len(counts) - 1, -1, -1), counts, strict=True):
            if item.delta != 1 or item.seq <= last_seq or item.unnamed:
                return None
            last_seq = item.seq
            concerned[item.sender] = Concern(item.seq, to_come, 0)
            for user in item.named:
                read, unread, mentions = concerned.get(user, (0, len(counts), 0))
                concerned[user] = Concern(read, unread, mentions + 1)
        if not counts:
            return None
        return cls(len(counts), counts[0].seq, min(item.rev for item in counts), concerned)
