"""Demo people and rooms. The conversation goes the way of every message: outbox, log, bridge."""

from __future__ import annotations

from uuid import UUID, uuid5

from django.db import transaction

from accounts.models import User
from messaging.actions import outbox
from messaging.actions.directs import open_direct_room
from messaging.actions.rooms import create_room
from messaging.models import Membership, Room, RoomHead
from messaging.wire.bodies import clean_body
from messaging.wire.commands import SendMessage
from messaging.wire.markdown import render

PASSWORD = "demo-password"  # noqa: S105 - public on purpose, and refused on a real database without CHAT_DEMO=1
_NAMESPACE = UUID("6f6b2f0e-8c0f-4b57-9a52-3a8f2d9c41d7")

PEOPLE = {"ada": "Ada", "bo": "Bo", "chen": "Chen 陈"}

LOBBY_TALK = [
    ("ada", "Good morning! This is the **lobby**: everybody can read along and join in."),
    ("bo", "Morning, Ada. The kettle is on."),
    ("chen", "大家早上好！昨天的发布很顺利。"),
    ("ada", "Wonderful. How long did the last deploy take?"),
    ("chen", "Four minutes. I wrote down how:\n\n```\nmake test\nmake up\n```"),
    ("bo", "> Four minutes\n\nThat used to be an hour. I owe you a cake."),
    ("ada", "Things to try:\n\n- write `code`\n- open a second browser\n- cut the network and bring it back"),
    ("bo", "And nothing gets lost: what you write while offline is sent when you are back."),
]  # fmt: skip
PLAN_TALK = [
    ("ada", "Only the three of us can read this room."),
    ("bo", "Then this is where the party is planned."),
]
DIRECT_TALK = [("bo", "Lunch at half past twelve?"), ("ada", "Yes, gladly.")]


def seed() -> None:
    """Make what is missing; a second call changes nothing."""
    people = {name: _person(name, display) for name, display in PEOPLE.items()}
    _admin()
    lobby = _room(people, "lobby", Room.Kind.PUBLIC, "Say hello, ask anything")
    plans = _room(people, "Plans", Room.Kind.PRIVATE, "What we are up to next")
    direct = open_direct_room(people["ada"], people["bo"])
    for room, talk in ((lobby, LOBBY_TALK), (plans, PLAN_TALK), (direct, DIRECT_TALK)):
        for number, (name, text) in enumerate(talk):
            _say(room, people[name], number, text)


def _person(username: str, display: str) -> User:
    person, is_new = User.objects.get_or_create(username=username, defaults={"name": display})
    if is_new:
        person.set_password(PASSWORD)
        person.save()
    return person


def _admin() -> None:
    if not User.objects.filter(username="admin").exists():
        User.objects.create_superuser("admin", password=PASSWORD)


def _room(people: dict[str, User], name: str, kind: Room.Kind, topic: str) -> Room:
    existing = Room.objects.filter(name=name, kind=kind).first()
    if existing is not None:
        return existing
    with transaction.atomic():
        room = create_room(people["ada"], name, kind=kind, topic=topic)
        others = [person for person in people.values() if person != people["ada"]]
        Membership.objects.bulk_create([Membership(room=room, user=person) for person in others])
    return room


def _say(room: Room, sender: User, number: int, text: str) -> None:
    client_id = uuid5(_NAMESPACE, f"{room.pk}/{number}")
    if RoomHead.objects.get(room=room).seq == 0:
        body = clean_body(text)
        outbox.submit(SendMessage(client_id=client_id, room=room.pk, sender=sender.pk, body=body, html=render(body)))
