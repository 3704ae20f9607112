"""A database that is lost is made anew from the log: equal to what it was, and bridges go on where it ends."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from messaging.actions.directs import open_direct_room
from messaging.actions.rooms import change_room, create_room
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.rebuild import CannotRebuild, rebuild
from messaging.bridge.relay import Relay
from messaging.bridge.topics import EVENTS
from messaging.log.embedded import EmbeddedLog
from messaging.models import (
    AppliedCommand,
    LogTopic,
    Membership,
    Mention,
    Message,
    MessageRevision,
    OutboxCommand,
    Room,
    RoomHead,
    SiteState,
    StoredOffset,
)
from messaging.selectors.site import epoch
from messaging.selectors.standing import standings
from messaging.wire.commands import DeleteMessage, EditMessage, JoinRoom, LeaveRoom, ReactMessage, SendMessage
from tests.messaging.bridge.conftest import append

People = dict[str, User]


@pytest.fixture
def bridge(log: EmbeddedLog, people: People) -> Bridge:
    return Bridge(log, "g", Announcer(lambda *_: None))


@pytest.fixture
def rooms(log: EmbeddedLog, bridge: Bridge, people: People) -> tuple[Room, Room]:
    """A public room and a direct one with a history of every kind."""
    public = create_room(people["ada"], "garden", topic="plants")
    direct = open_direct_room(people["ada"], people["bo"])
    Relay(log.appender()).step()
    ada, bo = people["ada"].pk, people["bo"].pk
    append(log, JoinRoom(client_id=uuid4(), room=public.pk, sender=bo))
    bridge.drain()
    append(log, *[say(public, ada, f"@bo {n}") for n in range(4)], say(direct, bo, "between us"))
    bridge.drain()
    append(
        log,
        EditMessage(client_id=uuid4(), room=public.pk, sender=ada, seq=1, rev_seen=1, body="anew", html="<p>anew</p>"),
        DeleteMessage(client_id=uuid4(), room=public.pk, sender=ada, seq=2),
        ReactMessage(client_id=uuid4(), room=public.pk, sender=bo, seq=3, emoji="🎉", on=True),
        JoinRoom(client_id=uuid4(), room=public.pk, sender=people["chen"].pk),
    )
    bridge.drain()
    append(log, LeaveRoom(client_id=uuid4(), room=public.pk, sender=people["chen"].pk), say(public, bo, "a reply", 1))
    bridge.drain()
    append(log, msgspec.structs.replace(say(public, bo, "in bad taste"), hidden=True))
    bridge.drain()
    return public, direct


def say(room: Room, sender: int, body: str, reply_to: int | None = None) -> SendMessage:
    return SendMessage(
        client_id=uuid4(), room=room.pk, sender=sender, body=body, html=f"<p>{body}</p>", reply_to=reply_to
    )


def everything(people: People) -> dict[str, Any]:
    """What must be the same again: rows without the database's own ids, and what each person sees of their rooms."""
    hidden = {"id", "joined_at", "created_by_id", "created_at"}

    def rows(model: Any, *order: str) -> list[dict[str, Any]]:
        mine = hidden - ({"created_at"} if model is Message else set())
        return [{k: v for k, v in row.items() if k not in mine} for row in model.objects.order_by(*order).values()]

    return {
        "rooms": rows(Room, "id"),
        "heads": rows(RoomHead, "room_id"),
        "members": rows(Membership, "room_id", "user_id"),
        "messages": rows(Message, "room_id", "seq"),
        "mentions": rows(Mention, "room_id", "seq", "user_id"),
        "versions": rows(MessageRevision, "room_id", "seq", "rev"),
        "offsets": rows(StoredOffset, "group", "partition"),
        "unread": {
            name: {room: (held.unread, held.mentions, held.name) for room, held in standings(person.pk).items()}
            for name, person in people.items()
        },
    }


def lose_everything() -> None:
    for model in (
        MessageRevision,
        Mention,
        Message,
        AppliedCommand,
        Membership,
        RoomHead,
        OutboxCommand,
        StoredOffset,
        LogTopic,
        Room,
    ):
        model.objects.all().delete()  # type: ignore[attr-defined]


def without_traces(found: dict[str, Any]) -> dict[str, Any]:
    """The last batch's traces are there to tell it again; after a rebuild nothing has to be."""
    traces = ("rooms_before", "changed_members", "publisher", "rebuilt_to")
    return found | {"offsets": [{k: v for k, v in row.items() if k not in traces} for row in found["offsets"]]}


def test_it_is_equal_to_the_original(
    log: EmbeddedLog, bridge: Bridge, people: People, rooms: tuple[Room, Room]
) -> None:
    before = without_traces(everything(people))
    former = epoch()
    lose_everything()
    assert rebuild(log, "g") > 0
    assert without_traces(everything(people)) == before
    SiteState.objects.get()
    assert epoch() != former, "clients forget what they hold"


def test_a_rooms_settings_are_those_of_its_last_event(log: EmbeddedLog, bridge: Bridge, people: People) -> None:
    ada, bo = people["ada"], people["bo"]
    room = create_room(ada, "rules")
    Relay(log.appender()).step()
    append(log, JoinRoom(client_id=uuid4(), room=room.pk, sender=bo.pk))
    bridge.drain()
    change_room(ada, room.pk, slow_mode_s=30, announcements=True, topic="be kind")
    change_room(ada, room.pk, archived=True)
    append(log, LeaveRoom(client_id=uuid4(), room=room.pk, sender=bo.pk))
    bridge.drain()
    lose_everything()
    rebuild(log, "g")
    room = Room.objects.get(pk=room.pk)
    assert (room.slow_mode_s, room.announcements, room.topic, room.meta_version) == (30, True, "be kind", 2)
    assert room.archived_at is not None


def test_bridges_go_on_where_the_events_end_and_know_what_was_sent(
    log: EmbeddedLog, bridge: Bridge, people: People, rooms: tuple[Room, Room]
) -> None:
    public, _ = rooms
    waiting = say(public, people["ada"].pk, "accepted, not applied yet")
    bridge.close()
    append(log, waiting)
    lose_everything()
    rebuild(log, "g")
    again = Bridge(log, "g", Announcer(lambda *_: None))
    assert again.drain() == 1
    append(log, waiting)
    again.drain()
    again.close()
    assert list(Message.objects.filter(room=public).order_by("seq").values_list("seq", "body"))[-1] == (
        7,
        "accepted, not applied yet",
    )


def test_who_is_gone_is_there_by_id_and_cannot_sign_in(
    log: EmbeddedLog, bridge: Bridge, people: People, rooms: tuple[Room, Room]
) -> None:
    lose_everything()
    User.objects.filter(username="bo")._raw_delete("default")  # type: ignore[attr-defined]
    rebuild(log, "g")
    former = User.objects.get(pk=people["bo"].pk)
    assert (former.is_active, former.has_usable_password()) == (False, False)
    assert Message.objects.filter(sender=former).count() == 3


def test_it_touches_nothing_that_is_there_and_tells_what_it_cannot_do(
    log: EmbeddedLog, bridge: Bridge, people: People, rooms: tuple[Room, Room], settings: Any, monkeypatch: Any
) -> None:
    with pytest.raises(CannotRebuild, match="has rooms"):
        rebuild(log, "g")
    lose_everything()
    log.trim(EVENTS, 1)
    monkeypatch.setattr("messaging.log.open_log", lambda: log)
    with pytest.raises(CommandError, match="does not reach back"):
        call_command("rebuild")
    assert Room.objects.count() == 0
