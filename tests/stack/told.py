"""What somebody knows who reads `chat.events` and nothing else. Fails at the first hole, repeat or disorder."""

from __future__ import annotations

from dataclasses import dataclass, field

from messaging.wire.events import MessageFact, RoomEvent, RoomFact, decode_event
from messaging.wire.messages import MessageView


@dataclass
class _Room:
    last: RoomEvent | None = None
    facts: dict[int, MessageFact] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)


@dataclass
class Told:
    count: int = 0
    rooms: dict[int, _Room] = field(default_factory=dict)

    def hear(self, key: bytes | None, value: bytes) -> None:
        event = decode_event(value)
        assert key == str(event.room).encode()
        room = self.rooms.setdefault(event.room, _Room())
        if room.last is not None:
            assert event.after == room.last.rev, f"room {event.room}: from {room.last.rev} to {event.after}"
            assert (event.rev, event.members_version) > (room.last.rev, room.last.members_version), "told twice"
        for fact in event.messages:
            room.facts[fact.view().seq] = fact
        room.roles |= {member.user: member.role for member in event.members}
        room.last = event
        self.count += 1

    def messages(self, room: int) -> dict[int, MessageView]:
        return {seq: fact.view() for seq, fact in self.rooms[room].facts.items()}

    def fingerprints(self, room: int) -> dict[int, int]:
        return {seq: fact.fingerprint for seq, fact in self.rooms[room].facts.items()}

    def roles(self, room: int) -> dict[int, str]:
        return self.rooms[room].roles

    def about(self, room: int) -> RoomFact:
        last = self.rooms[room].last
        assert last is not None
        return last.about
