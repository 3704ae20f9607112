"""Pages are for people who are signed in and in the room; admin looks, and changes nothing behind the log's back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from messaging.models import Membership, Message, OutboxCommand, Room, RoomHead
from messaging.wire.commands import SendMessage
from tests.messaging.conftest import Desk

People = dict[str, User]


@pytest.fixture
def ada(people: People) -> Client:
    client = Client()
    client.force_login(people["ada"])
    return client


def test_a_page_carries_its_history_and_what_the_app_starts_from(
    desk: Desk, say: Callable[..., SendMessage], ada: Client, room: Room
) -> None:
    desk.apply(say("bo", "readable without a script"))
    answer = ada.get(f"/rooms/{room.pk}/")
    assert b"<p>readable without a script</p>" in answer.content
    boot = answer.context["boot"]
    assert (boot["room"], boot["page"]["rev"], boot["rooms"][0]["unread"]) == (room.pk, 1, 1)
    assert ada.get(f"/rooms/{room.pk}/1/").context["boot"]["focus"] == 1


def test_strangers_are_sent_to_the_door_or_told_there_is_nothing(room: Room, people: People, client: Client) -> None:
    assert client.get(f"/rooms/{room.pk}/").headers["Location"].startswith("/accounts/login/?next=")
    client.force_login(people["chen"])
    assert client.get(f"/rooms/{room.pk}/").headers["Location"] == "/rooms/"
    Room.objects.update(kind=Room.Kind.PRIVATE)
    for number in (room.pk, 999_999):
        assert client.get(f"/rooms/{number}/").status_code == 404
        assert client.post(f"/rooms/{number}/join/").headers["Location"] == "/rooms/"
    assert OutboxCommand.objects.count() == 0


def test_a_direct_room_is_the_same_from_both_sides(ada: Client, people: People, client: Client) -> None:
    first = ada.post("/rooms/direct/", {"username": "BO"}).headers["Location"]
    client.force_login(people["bo"])
    assert client.post("/rooms/direct/", {"username": "ada"}).headers["Location"] == first
    assert Room.objects.get().direct_key == "-".join(sorted(str(people[name].pk) for name in ("ada", "bo")))
    for nobody in ("", "nobody", "ada"):
        assert ada.post("/rooms/direct/", {"username": nobody}).headers["Location"] == "/rooms/"
    assert Room.objects.count() == 1


def test_a_new_room_has_its_maker_as_owner(ada: Client) -> None:
    answer = ada.post("/rooms/new/", {"name": "Reading", "kind": "private"})
    made = Room.objects.get()
    assert answer.headers["Location"] == f"/rooms/{made.pk}/"
    assert (made.kind, Membership.objects.get().role, RoomHead.objects.get().seq) == ("private", "owner", 0)
    assert ada.post("/rooms/new/", {"name": "  "}).headers["Location"] == "/rooms/"
    assert Room.objects.count() == 1


def test_people_of_a_room_are_for_its_members(ada: Client, people: People, room: Room, client: Client) -> None:
    answer = ada.get(f"/rooms/{room.pk}/people/")
    assert [person["username"] for person in answer.context["members"]] == ["ada", "bo"]
    assert (
        ada.post(f"/rooms/{room.pk}/people/add/", {"username": "nobody"}, follow=True).content.count(b"nobody called")
        == 1
    )
    client.force_login(people["chen"])
    assert client.get(f"/rooms/{room.pk}/people/").status_code == 404
    assert client.post(f"/rooms/{room.pk}/people/add/", {"username": "bo"}).status_code == 302
    assert client.post(f"/rooms/{room.pk}/leave/").status_code == 302
    assert OutboxCommand.objects.count() == 0


def test_health_says_alive_and_ready(client: Client, db: None) -> None:
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_admin_shows_and_never_writes_history(
    desk: Desk, say: Callable[..., SendMessage], room: Room, client: Client, people: People
) -> None:
    desk.apply(say("ada", "in public"))
    client.force_login(User.objects.create_superuser("root", password="x"))
    message = Message.objects.get()
    for path in ("", "messaging/room/", f"messaging/room/{room.pk}/change/", "messaging/message/", "accounts/user/"):
        assert client.get(f"/admin/{path}").status_code == 200
    assert client.get(f"/admin/messaging/message/{message.pk}/change/").status_code == 200
    for path in ("messaging/room/add/", "messaging/message/add/", f"messaging/message/{message.pk}/delete/",
                 f"messaging/room/{room.pk}/delete/", f"accounts/user/{people['ada'].pk}/delete/"):  # fmt: skip
        assert client.get(f"/admin/{path}").status_code == 403
        assert client.post(f"/admin/{path}").status_code == 403
    assert client.post(f"/admin/messaging/room/{room.pk}/change/", {"name": "changed"}).status_code == 403
    Room.objects.update(kind=Room.Kind.PRIVATE)
    assert client.get(f"/admin/messaging/message/{message.pk}/change/").status_code == 302
