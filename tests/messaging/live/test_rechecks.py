"""What announcements may have lost about people is found by asking, for a part of them at a time."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session as DjangoSession

from accounts.models import User
from messaging import limits
from messaging.actions import moderate
from messaging.live import rechecks
from messaging.live.hub import Hub
from messaging.models import Room, Sanction
from tests.messaging.live.test_hub import People, enter, until

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


async def test_a_sign_out_whose_news_was_lost_still_closes_the_socket(
    hub: Hub, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.test import Client

    def sign_in(name: str) -> str:
        client = Client()
        client.force_login(people[name])
        return str(client.session.session_key)

    ada, bo, chen = [await sync_to_async(sign_in)(name) for name in ("ada", "bo", "chen")]
    writers = {}
    for name, key in (("ada", ada), ("bo", bo), ("chen", chen)):
        session, writers[name] = await enter(hub, people[name])
        session.session_key = key
    await hub.rechecks.close_ended_sessions(hub.sessions)
    assert all(writer.frames == [] for writer in writers.values())
    await sync_to_async(DjangoSession.objects.filter(session_key=ada).delete)()
    await sync_to_async(User.objects.filter(pk=people["bo"].pk).update)(is_active=False)
    await hub.rechecks.close_ended_sessions(hub.sessions)
    assert (writers["ada"].frames, writers["bo"].frames) == ([b"close 4401"], [b"close 4401"])
    assert writers["chen"].frames == []
    people["chen"].set_password("a new one")
    await people["chen"].asave()
    await hub.rechecks.close_ended_sessions(hub.sessions)
    assert writers["chen"].frames == [b"close 4401"]


async def test_all_are_asked_for_in_turn_and_never_together(
    hub: Hub, room: Room, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[str]] = []

    def valid_sessions(keys: set[str]) -> set[str]:
        asked.append(keys)
        return keys

    monkeypatch.setattr(rechecks, "valid_sessions", valid_sessions)
    monkeypatch.setattr(limits, "SESSION_CHECK_EVERY_S", 0.1)
    keys = []
    for name in ("ada", "bo", "chen"):
        session, _ = await enter(hub, people[name])
        session.session_key = f"key of {name}"
        keys.append(session.session_key)
    await until(lambda: set().union(*asked) >= set(keys), "everybody's turn")
    assert max(map(len, asked)) == 1


async def test_a_ban_whose_news_was_lost_still_closes_the_socket(hub: Hub, room: Room, people: People) -> None:
    _, bo = await enter(hub, people["bo"], room.pk)
    await sync_to_async(Sanction.objects.create)(user=people["bo"], kind="ban", reason="x", imposed_by=people["ada"])
    await hub.rechecks.follow_sanctions(hub.sessions)
    assert bo.frames[-1] == b"close 4403"


async def test_a_mute_whose_news_was_lost_is_in_force_and_over_in_time(hub: Hub, room: Room, people: People) -> None:
    session, _ = await enter(hub, people["bo"], room.pk)
    mute = await sync_to_async(Sanction.objects.create)(
        user=people["bo"], kind="mute", reason="x", imposed_by=people["ada"]
    )
    await hub.rechecks.follow_sanctions(hub.sessions)
    assert session.standings[room.pk].muted_until is not None
    await sync_to_async(moderate.lift)(mute)
    await hub.rechecks.follow_sanctions(hub.sessions)
    assert session.standings[room.pk].muted_until is None
