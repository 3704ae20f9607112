"""`chat.events` says all that happened, once and in order, and says the same again when nobody knows whether it did."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.models import User
from messaging.actions.rooms import create_room
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.events import events_again
from messaging.bridge.relay import Relay
from messaging.bridge.topics import COMMANDS, EVENTS
from messaging.log.embedded import EmbeddedLog
from messaging.log.port import LogUnavailable, Partition
from messaging.models import Message, Room, StoredOffset
from messaging.wire.commands import Command, DeleteMessage, EditMessage, JoinRoom, LeaveRoom, SendMessage
from messaging.wire.events import EVENT_BYTES, MessageFact, RoomEvent, RoomFact, decode_event, encode_event
from tests.messaging.bridge.conftest import append
from tests.messaging.conftest import Desk
from tests.stack.told import Told

Say = Callable[..., SendMessage]
People = dict[str, User]


@pytest.fixture
def start(log: EmbeddedLog) -> Callable[[], Bridge]:
    return lambda: Bridge(log, "g", Announcer(lambda *_: None))


def told(log: EmbeddedLog) -> Told:
    """Every event of the log, applied in order."""
    reader = log.reader(f"look-{uuid4()}", [EVENTS])
    for partition in reader.poll(0.1, 1, 1).gained:
        reader.seek(partition, 0)
    found = Told()
    while records := reader.poll(0.1, 1000, 1 << 24).records:
        for record in records[Partition(EVENTS, 0)]:
            found.hear(record.key, record.value)
    reader.close()
    return found


def test_the_events_of_a_room_make_it_anew(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say, room: Room, people: People
) -> None:
    append(log, *[say("ada", f"{n}") for n in range(5)])
    bridge = start()
    bridge.drain()
    first, second = Message.objects.order_by("seq")[:2]
    chen = {"client_id": uuid4(), "room": room.pk, "sender": people["chen"].pk}
    append(
        log,
        EditMessage(
            client_id=uuid4(), room=room.pk, sender=first.sender_id, seq=1, rev_seen=1, body="anew", html="<p>anew</p>"
        ),
        DeleteMessage(client_id=uuid4(), room=room.pk, sender=second.sender_id, seq=2),
        JoinRoom(**chen),
        say("chen", "hello"),
    )
    bridge.drain()
    append(log, LeaveRoom(**chen | {"client_id": uuid4()}), say("bo", "bye"))
    bridge.drain()
    found = told(log)
    assert found.messages(room.pk) == {row.seq: row.view(row.sender.display_name) for row in Message.objects.all()}
    assert found.roles(room.pk)[people["chen"].pk] == ""
    assert found.about(room.pk) == RoomFact("public", "lobby", "", 0, False)
    assert found.fingerprints(room.pk) == dict(Message.objects.values_list("seq", "fingerprint"))


def test_a_new_room_is_told_with_its_first_members(
    log: EmbeddedLog, start: Callable[[], Bridge], people: People, room: Room
) -> None:
    made = create_room(people["bo"], "garden", topic="plants")
    relay = Relay(log.appender())
    assert relay.step() == 1
    start().drain()
    found = told(log)
    assert found.about(made.pk) == RoomFact("public", "garden", "plants", 0, False)
    assert found.roles(made.pk) == {people["bo"].pk: "owner"}


def test_what_a_dead_bridge_may_not_have_told_is_told_by_the_next_one_and_once(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, say("ada"))
    first = start()
    first.drain()
    join = JoinRoom(client_id=uuid4(), room=room.pk, sender=people["chen"].pk)
    append(log, say("ada", "a"), join, say("chen", "b"))
    log.appender().append(COMMANDS, b"1", b"poison").result(10)
    # It dies between the database's commit and the publication.
    monkeypatch.setattr(Bridge, "_publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        first.drain()
    monkeypatch.undo()
    assert len(told(log).messages(room.pk)) == 1, "the premise: the rest is stored and not told"
    start().drain()
    start().drain()
    found = told(log)
    assert sorted(found.messages(room.pk)) == [1, 2, 3]
    assert found.roles(room.pk)[people["chen"].pk] == "member"
    assert found.count == 2, "one event for each batch"
    assert log.bounds("chat.dead-letters")[Partition("chat.dead-letters", 0)] == (0, 1)


def test_while_the_log_takes_no_events_nothing_else_is_applied(
    log: EmbeddedLog, start: Callable[[], Bridge], say: Say, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = start()
    publish, failures = bridge._reader.publish, iter([LogUnavailable("away")] * 3)

    def failing(*arguments: object) -> None:
        for failure in failures:
            raise failure
        publish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bridge._reader, "publish", failing)
    monkeypatch.setattr("messaging.bridge.backoff.Backoff.MOST_S", 0.05)
    append(log, say("ada", "one"))
    bridge.drain()
    append(log, say("ada", "two"))
    bridge.drain()
    assert sorted(told(log).messages(room.pk)) == [1, 2]


def test_told_again_is_what_was_told(desk: Desk, say: Say, room: Room, people: People) -> None:
    """For batches with edits, deletions and members that come and go."""
    batches: list[list[Command]] = [
        [say("ada", "1"), say("bo", "2"), say("ada", "3")],
        [
            DeleteMessage(client_id=uuid4(), room=room.pk, sender=people["bo"].pk, seq=2),
            JoinRoom(client_id=uuid4(), room=room.pk, sender=people["chen"].pk),
            say("chen", "4"),
        ],
        [LeaveRoom(client_id=uuid4(), room=room.pk, sender=people["chen"].pk)],
    ]
    for batch in batches:
        [applied] = desk.apply(*batch)
        [records] = applied.outgoing.values()
        again = events_again(StoredOffset.objects.get())
        assert [decode_event(one.value) for one in again] == [decode_event(one.value) for one in records]


def test_a_long_event_is_a_chain_of_pieces() -> None:
    body = "x" * 30_000
    facts = [
        MessageFact(rev, b'{"seq":%d,"rev":%d,"client_id":"%s","sender":{"id":1,"name":"A"},"body":"%s","html":"",'
                    b'"created_at":"2026-01-01T00:00:00Z"}' % (rev, rev, str(uuid4()).encode(), body.encode()), rev)
        for rev in range(11, 31)
    ]  # fmt: skip
    event = RoomEvent(
        room=1, after=10, rev=30, seq=30, members_version=1, about=RoomFact("public", "a", "", 0, False), messages=facts
    )
    pieces = [decode_event(value) for value in encode_event(event)]
    assert len(pieces) > 3
    assert all(len(value) < EVENT_BYTES + 40_000 for value in encode_event(event))
    assert [(one.after, one.rev) for one in pieces[:1]] == [(10, pieces[1].after)]
    assert pieces[-1].rev == 30
    assert [fact for one in pieces for fact in one.messages] == facts
