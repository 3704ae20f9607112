"""The API says the same as the socket: who may, what is there, and what is wrong with a request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from messaging.bridge.announcer import Announcer
from messaging.bridge.bridge import Bridge
from messaging.bridge.relay import Relay
from messaging.bridge.topics import topic_specs
from messaging.log.embedded import EmbeddedLog
from messaging.models import Room
from messaging.wire.commands import SendMessage
from tests.messaging.conftest import Desk

Say = Callable[..., SendMessage]
People = dict[str, User]


@pytest.fixture
def ada(people: People) -> Client:
    client = Client()
    client.force_login(people["ada"])
    return client


@pytest.fixture
def chen(people: People) -> Client:
    client = Client()
    client.force_login(people["chen"])
    return client


@pytest.fixture
def running(room: Room, tmp_path: Path) -> Iterator[None]:
    """A bridge and a relay beside the requests."""
    log = EmbeddedLog(tmp_path / "log.sqlite3")
    log.ensure_topics(topic_specs())
    bridge, relay = Bridge(log, "api", Announcer(lambda *_: None)), Relay(log.appender())
    thread = threading.Thread(target=bridge.run)
    thread.start()
    relay.start()
    yield
    relay.stop()
    bridge.stop()
    thread.join(10)
    bridge.close()
    log.close()


def test_a_message_is_posted_read_and_posted_again_under_its_id(running: None, ada: Client, room: Room) -> None:
    message = {"client_id": str(uuid4()), "body": "by *HTTP*"}
    path = f"/api/v1/rooms/{room.pk}/messages"
    posted = ada.post(path, message, content_type="application/json")
    assert posted.status_code == 201
    assert posted.json()["html"] == "<p>by <em>HTTP</em></p>"
    assert ada.post(path, message, content_type="application/json").json() == posted.json()
    page = ada.get(path).json()
    assert (page["messages"], page["more"], page["rev"]) == ([posted.json()], False, 1)
    assert ada.get(f"{path}/1").json() == posted.json()
    assert ada.get(f"/api/v1/rooms/{room.pk}/changes?after=0").json()["messages"] == [posted.json()]


def test_without_a_bridge_it_is_on_its_way(ada: Client, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.actions.outbox.await_effect", lambda *_: None)
    message = {"client_id": str(uuid4()), "body": "later"}
    answer = ada.post(f"/api/v1/rooms/{room.pk}/messages", message, content_type="application/json")
    assert (answer.status_code, answer.json()) == (202, {"client_id": message["client_id"]})


def test_pages_by_seq(desk: Desk, say: Say, ada: Client, room: Room) -> None:
    desk.apply(*[say("ada") for _ in range(9)])
    path = f"/api/v1/rooms/{room.pk}/messages"

    def seqs(query: str) -> list[int]:
        return [message["seq"] for message in ada.get(f"{path}?{query}").json()["messages"]]

    assert seqs("before=5&limit=2") == [3, 4]
    assert seqs("after=5&limit=2") == [6, 7]
    assert seqs("around=5&limit=4") == [3, 4, 5, 6]
    for wrong in ("before=1&after=2", "limit=101", "limit=0", "before=x", "before=-1"):
        answer = ada.get(f"{path}?{wrong}")
        assert answer.status_code in {400, 422}
        assert answer.json()["code"] == "invalid"


def test_strangers_get_the_same_answer_for_foreign_and_for_no_rooms(chen: Client, room: Room) -> None:
    Room.objects.update(kind=Room.Kind.PRIVATE)
    answers = [chen.get(f"/api/v1/rooms/{number}/messages") for number in (room.pk, 999_999)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert (
        answers[0].json() == answers[1].json() == {"code": "not_found", "message": "There is no such room or message."}
    )


def test_who_is_not_signed_in_gets_401_and_a_forged_form_403(room: Room, people: People) -> None:
    anonymous = Client().get("/api/v1/rooms")
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_signed_in")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["ada"])
    forged = strict.post("/api/v1/rooms", {"name": "x"}, content_type="application/json")
    assert (forged.status_code, forged.json()["code"]) == (403, "forbidden")


def test_what_is_wrong_with_a_body_is_named(ada: Client, room: Room) -> None:
    path = f"/api/v1/rooms/{room.pk}/messages"
    answer = ada.post(path, {"client_id": "nope", "body": 5}, content_type="application/json")
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == {"client_id", "body"}
    for body, code in (("", "empty"), ("x" * 4001, "too_long")):
        answer = ada.post(path, {"client_id": str(uuid4()), "body": body}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert ada.post(path, "{", content_type="application/json").status_code == 400


def test_rooms_are_made_joined_and_left(running: None, ada: Client, chen: Client) -> None:
    made = ada.post("/api/v1/rooms", {"name": "  Garden   club "}, content_type="application/json").json()
    assert (made["name"], made["role"]) == ("Garden club", "owner")
    assert made["id"] in [room["id"] for room in chen.get("/api/v1/rooms").json()["joinable"]]
    assert chen.post(f"/api/v1/rooms/{made['id']}/join").status_code == 200
    assert chen.get(f"/api/v1/rooms/{made['id']}").json()["role"] == "member"
    assert chen.post(f"/api/v1/rooms/{made['id']}/join").status_code == 200
    assert chen.post(f"/api/v1/rooms/{made['id']}/leave").status_code == 200
    assert chen.get(f"/api/v1/rooms/{made['id']}").status_code == 403
    members = f"/api/v1/rooms/{made['id']}/members"
    assert ada.post(members, {"username": "Chen"}, content_type="application/json").status_code == 200
    assert [person["username"] for person in ada.get(members).json()["members"]] == ["ada", "chen"]
    assert ada.post(members, {"username": "nobody"}, content_type="application/json").status_code == 404
    for wrong in ({"name": " "}, {"name": "x" * 81}, {"name": "x", "kind": "direct"}):
        assert ada.post("/api/v1/rooms", wrong, content_type="application/json").status_code in {400, 422}


def test_the_description_of_the_api_is_served(ada: Client) -> None:
    described = ada.get("/api/v1/openapi.json").json()
    assert "/api/v1/rooms/{room_id}/messages" in described["paths"]
