"""Those who talk: made in the database of a development stack, signed in without a form, in rooms of their own."""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from messaging.actions.rooms import create_room
from messaging.management.loadtest.plan import Seat
from messaging.models import Membership

PREFIX = "load-"
AT_ONCE = 1_000


def make_seats(sockets: int, rooms: int) -> list[Seat]:
    """One person a socket, spread evenly over new private rooms; people of earlier runs are used again."""
    people = _people(sockets)
    mark = f"{time.time():.0f}"
    made = [create_room(people[number], f"load {mark} {number + 1}", kind="private").pk for number in range(rooms)]
    places = [(person, made[number % rooms]) for number, person in enumerate(people)]
    Membership.objects.bulk_create(
        [Membership(room_id=room, user=person) for person, room in places[rooms:]], batch_size=AT_ONCE
    )
    return [Seat(key, room) for key, (_, room) in zip(_sign_in(people), places, strict=True)]


def _people(count: int) -> list[User]:
    names = [f"{PREFIX}{number:05d}" for number in range(count)]
    known = set(User.objects.filter(username__startswith=PREFIX).values_list("username", flat=True))
    new = [User(username=name) for name in names if name not in known]
    for person in new:
        person.set_unusable_password()
    User.objects.bulk_create(new, batch_size=AT_ONCE)
    return list(User.objects.filter(username__startswith=PREFIX).order_by("username")[:count])


def _sign_in(people: list[User]) -> list[str]:
    store = SessionStore()
    until = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    sessions = [
        Session(
            session_key=store._get_new_session_key(),  # type: ignore[attr-defined]
            session_data=store.encode(
                {
                    SESSION_KEY: str(person.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
                    HASH_SESSION_KEY: person.get_session_auth_hash(),
                }
            ),
            expire_date=until,
        )
        for person in people
    ]
    Session.objects.bulk_create(sessions, batch_size=AT_ONCE)
    return [session.session_key for session in sessions]
