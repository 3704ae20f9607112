"""What somebody knows who reads `chat.events` and nothing else. Fails at the first hole, repeat or disorder."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition

from messaging.wire.events import MessageFact, RoomEvent, RoomFact, decode_event
from messaging.wire.messages import MessageView
from tests.stack.stack import ServicesStack


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


def check_events(stack: ServicesStack) -> int:
    """A reader of committed events knows what the database knows, and heard it once and in order. Returns how many."""
    told = heard(stack)
    rows = stack.rows("SELECT room_id, seq, rev, client_id, body FROM messaging_message ORDER BY room_id, seq")
    stored = [(room, seq, rev, UUID(bytes=bytes(client_id)), body) for room, seq, rev, client_id, body in rows]
    known = [
        (room, seq, view.rev, view.client_id, view.body)
        for room in sorted(told.rooms)
        for seq, view in sorted(told.messages(room).items())
    ]
    assert known == stored
    return told.count


def heard(stack: ServicesStack) -> Told:
    """Everything in `chat.events` that is committed."""
    topic = stack.environment["KAFKA_TOPIC_PREFIX"] + "chat.events"
    consumer = KafkaConsumer(
        bootstrap_servers=stack.environment["KAFKA_BOOTSTRAP_SERVERS"],
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)  # of what is committed, for this isolation level
        found = Told()
        # The last offset of a transaction is its own mark, which is never handed out.
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(timeout_ms=1000).values():
                for record in records:
                    found.hear(record.key, record.value)
        return found
    finally:
        consumer.close()
