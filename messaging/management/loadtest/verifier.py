"""What every socket checks of every frame: nothing missing, nothing twice, nothing out of order. Pure.

A room's frames are the same bytes for all who watch it, so each is read once in a process, and compared for the rest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from messaging.management.loadtest.histogram import Histogram

KEPT = 512
"""Frames of a process that are remembered: more than can be on their way at once."""


class Talk(msgspec.Struct):
    """Of a message, what is looked at; `body` begins with the moment it was due (nanoseconds, monotonic)."""

    seq: int
    client_id: str
    body: str


class Changes(msgspec.Struct):
    room: int
    after: int
    rev: int
    messages: list[Talk]
    reset: bool = False


read_changes = msgspec.json.Decoder(Changes).decode


@dataclass
class Frame:
    """One that was read. `arrivals`: how many sockets got it, by millisecond."""

    data: bytes
    changes: Changes
    is_in_order: bool
    dues: list[int]
    arrivals: Counter[int] = field(default_factory=Counter)


@dataclass
class Place:
    """Of one socket in one room."""

    rev: int = 0
    seq: int = 0
    is_begun: bool = False


@dataclass
class Verifier:
    """Of all sockets of a process."""

    holes: int = 0
    doubles: int = 0
    disorder: int = 0
    delivered: int = 0
    late: Histogram = field(default_factory=Histogram)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    """(room, seq) by client_id, of every message that was shown to anybody here."""
    last_seq: dict[int, int] = field(default_factory=dict)
    _ids: dict[tuple[int, int], str] = field(default_factory=dict)
    _left_out: set[tuple[int, int, int]] = field(default_factory=set)
    """(room, first, last) of what a snapshot passed over, for somebody who was away too long."""
    _frames: dict[bytes, Frame] = field(default_factory=dict)

    def take(self, place: Place, data: bytes, now_ns: int) -> bool:
        """Take a `changes` frame for one socket; False when it has to ask for what it misses."""
        frame = self._frame(data)
        changes = frame.changes
        if changes.reset or not place.is_begun:
            if place.is_begun and changes.messages:
                self._left_out.add((changes.room, place.seq + 1, changes.messages[0].seq - 1))
            place.is_begun = True
        elif changes.rev <= place.rev:
            return True  # what is known already: clients pass over it, so it is no fault
        elif changes.after > place.rev:
            self.holes += 1
            return False
        else:
            self._deliver(place, frame, now_ns)
        place.rev = changes.rev
        if changes.messages:
            place.seq = max(place.seq, changes.messages[-1].seq)
        return True

    def _deliver(self, place: Place, frame: Frame, now_ns: int) -> None:
        messages = frame.changes.messages
        are_all_new = not messages or messages[0].seq > place.seq
        new = len(messages) if are_all_new else sum(message.seq > place.seq for message in messages)
        if not frame.is_in_order or (new and messages[-new].seq != place.seq + 1):
            self.disorder += 1
        self.delivered += new
        frame.arrivals[now_ns // 1_000_000] += 1

    def _frame(self, data: bytes) -> Frame:
        head = data[:96]
        found = self._frames.get(head)
        if found is not None and found.data == data:
            return found
        if found is not None:
            self._count(found)
        changes = read_changes(data)
        seqs = [message.seq for message in changes.messages]
        is_in_order = seqs == list(range(seqs[0], seqs[0] + len(seqs))) if seqs else True
        dues = [int(due) for message in changes.messages if (due := message.body.partition(" ")[0]).isdigit()]
        frame = self._frames[head] = Frame(data, changes, is_in_order, dues)
        self._note(changes)
        while len(self._frames) > KEPT:
            self._count(self._frames.pop(next(iter(self._frames))))
        return frame

    def _note(self, changes: Changes) -> None:
        """Two messages at one place, or one at two, are noticed whichever socket is first."""
        for message in changes.messages:
            place = (changes.room, message.seq)
            at_this_place = self._ids.setdefault(place, message.client_id)
            if at_this_place != message.client_id or self.places.setdefault(message.client_id, place) != place:
                self.doubles += 1
            self.last_seq[changes.room] = max(self.last_seq.get(changes.room, 0), message.seq)

    def left_out(self) -> int:
        """Messages that snapshots passed over and nobody here was shown: a person would find them by scrolling back."""
        passed_over: set[tuple[int, int]] = set()
        reached: dict[int, int] = {}
        for room, first, last in sorted(self._left_out):
            fresh = range(max(first, reached.get(room, 0) + 1), last + 1)
            passed_over.update((room, seq) for seq in fresh)
            reached[room] = max(last, reached.get(room, 0))
        return len(passed_over - self._ids.keys())

    def _count(self, frame: Frame) -> None:
        for millisecond, sockets in frame.arrivals.items():
            for due in frame.dues:
                self.late.add(millisecond + 0.5 - due / 1_000_000, sockets)
        frame.arrivals.clear()

    def take_late(self) -> Histogram:
        """How late deliveries were since the last call."""
        for frame in self._frames.values():
            self._count(frame)
        late, self.late = self.late, Histogram()
        return late
