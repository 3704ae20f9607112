"""Where a message was, and when: found in the log by what it left there, and known without it as far as the rows say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.journey import journey_of
from messaging.bridge.topics import COMMANDS, EVENTS
from messaging.log.embedded import EmbeddedLog
from messaging.models import Membership, Message, Room
from messaging.wire.commands import EditMessage, SendMessage
from tests.messaging.bridge.conftest import append

Say = Callable[..., SendMessage]
People = dict[str, User]


@pytest.fixture
def bridge(log: EmbeddedLog, people: People) -> Bridge:
    return Bridge(log, "g", Announcer(lambda *_: None))


@pytest.fixture
def second(log: EmbeddedLog, bridge: Bridge, room: Room, say: Say, people: People) -> Message:
    """The second of three messages, one batch each; it was edited since."""
    for number in (1, 2, 3):
        append(log, say("ada", f"number {number}"))
        bridge.drain()
    message = Message.objects.get(room=room, seq=2)
    append(
        log,
        EditMessage(
            client_id=say("ada", "").client_id, room=room.pk, sender=people["ada"].pk, seq=2,
            rev_seen=2, body="edited", html="<p>edited</p>",
        ),
    )  # fmt: skip
    bridge.drain()
    return message


def test_every_station_is_found_in_order(log: EmbeddedLog, second: Message, room: Room, people: People) -> None:
    Membership.objects.filter(room=room, user=people["bo"]).update(read_seq=2)
    journey = journey_of(second, log)
    assert journey.log is not None
    assert (journey.log.topic, journey.log.partition, journey.log.offset) == (COMMANDS, 0, 1)
    assert journey.told is not None
    assert journey.stored_at is not None
    assert (journey.told.topic, journey.told.offset) == (EVENTS, 1)
    assert journey.accepted_at <= journey.log.at <= journey.stored_at <= journey.told.at
    assert journey.told.at - journey.accepted_at < timedelta(minutes=1)
    assert (journey.read, journey.readers) == (1, [people["bo"].pk])
    assert journey.others == Membership.objects.filter(room=room).count() - 1


def test_who_does_not_share_what_they_read_is_counted_and_not_named(
    log: EmbeddedLog, second: Message, room: Room, people: People
) -> None:
    Membership.objects.filter(room=room, user=people["bo"]).update(read_seq=2)
    User.objects.filter(pk=people["bo"].pk).update(shares_reading=False)
    journey = journey_of(second, log)
    assert (journey.read, journey.readers) == (1, [])


def test_what_the_log_has_forgotten_or_does_not_say_is_left_out(log: EmbeddedLog, second: Message) -> None:
    log.trim(COMMANDS, 2)
    log.trim(EVENTS, 2)
    gone = journey_of(second, log)
    assert (gone.log, gone.log_is_away) == (None, False)
    away = journey_of(second, None)
    assert (away.log, away.stored_at, away.told, away.log_is_away) == (None, None, None, True)
    assert away.accepted_at == second.created_at


def test_it_is_its_senders_to_see(second: Message, room: Room, people: People) -> None:
    path = f"/api/v1/rooms/{room.pk}/messages/2/journey"
    answers = {}
    for name in ("ada", "bo", "chen"):
        client = Client()
        client.force_login(people[name])
        answers[name] = client.get(path).status_code
    assert answers == {"ada": 200, "bo": 403, "chen": 403}


def test_the_admin_shows_it_of_public_messages(second: Message, admin_client: Client) -> None:
    page = admin_client.get(f"/admin/messaging/message/{second.pk}/change/").content.decode()
    assert "Accepted" in page
    assert "Read by 0 of" in page
