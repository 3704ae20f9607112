"""Sessions elsewhere, blocking, taking one's data along, and the end of an account."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Block, SignIn, User
from accounts.selectors import user_of_session
from accounts.sign_ins import device_name
from accounts.signals import sessions_ended
from messaging.actions import rooms
from messaging.actions.directs import open_direct_room
from messaging.models import Membership, Message, OutboxCommand
from messaging.wire.commands import LeaveRoom
from messaging.wire.records import decode_command

PASSWORD = "correct-horse-battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


@pytest.fixture
def ada(transactional_db: None, own_cache: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD, name="Ada")


@pytest.fixture
def bo(transactional_db: None) -> User:
    return User.objects.create_user("bo", password=PASSWORD, name="Bo")


@pytest.fixture
def ended() -> Iterator[list[str]]:
    keys: list[str] = []

    def hear(sender: object, session_keys: list[str], **_: object) -> None:
        keys.extend(session_keys)

    sessions_ended.connect(hear)
    yield keys
    sessions_ended.disconnect(hear)


def signed_in(agent: str = FIREFOX, username: str = "ada") -> Client:
    client = Client(headers={"User-Agent": agent})
    assert client.post("/accounts/login/", {"username": username, "password": PASSWORD}).status_code == 302
    return client


def test_sessions_are_listed_with_their_device_and_this_one_is_marked(ada: User) -> None:
    here, _phone = signed_in(), signed_in(ANDROID)
    page = here.get("/accounts/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert "Chrome on Android" in page
    assert page.count("This device") == 1
    assert page.count("Sign out there") == 1


def test_signing_out_there_ends_that_session_alone_and_tells_its_sockets(ada: User, ended: list[str]) -> None:
    here, phone = signed_in(), signed_in(ANDROID)
    key = phone.session.session_key
    there = SignIn.objects.get(session_key=key)
    here.post(f"/accounts/sessions/{there.pk}/end/")
    assert ended == [key]
    assert user_of_session(key) is None
    assert phone.get("/rooms/").status_code == 302
    assert here.get("/accounts/sessions/").status_code == 200
    assert here.get("/accounts/sessions/").content.count(b"Sign out there") == 0


def test_nobody_ends_the_session_of_another(ada: User, bo: User, ended: list[str]) -> None:
    hers, his = signed_in(), signed_in(username="bo")
    row = SignIn.objects.get(session_key=hers.session.session_key)
    his.post(f"/accounts/sessions/{row.pk}/end/")
    assert ended == []
    assert hers.get("/rooms/").status_code == 200


def test_a_session_that_is_over_is_not_listed(ada: User) -> None:
    here, phone = signed_in(), signed_in(ANDROID)
    phone.post("/accounts/logout/")
    assert b"Android" not in here.get("/accounts/sessions/").content
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize(
    ("agent", "name"), [("", "Unknown device"), ("curl/8", "Unknown device"), (FIREFOX, "Firefox on Linux")]
)
def test_a_device_has_a_name_whatever_it_says(agent: str, name: str) -> None:
    assert device_name(agent) == name


def test_an_account_is_deleted_with_the_password_only(ada: User) -> None:
    client = signed_in()
    assert b"This is not your password." in client.post("/accounts/delete/", {"password": "wrong"}).content
    ada.refresh_from_db()
    assert ada.is_active


def test_a_deleted_account_leaves_no_name_no_session_and_no_way_in(ada: User, bo: User, ended: list[str]) -> None:
    client, phone = signed_in(), signed_in(ANDROID)
    keys = {client.session.session_key, phone.session.session_key}
    Block.objects.create(by=ada, person=bo)
    client.post("/accounts/delete/", {"password": PASSWORD})
    ada.refresh_from_db()
    assert (ada.display_name, ada.email, ada.is_active) == ("Deleted person", "", False)
    assert "ada" not in ada.username
    assert {user_of_session(key) for key in keys} == {None}
    assert phone.session.session_key in ended
    assert not SignIn.objects.filter(user=ada).exists()
    assert not Block.objects.filter(by=ada).exists()
    assert client.post("/accounts/login/", {"username": "ada", "password": PASSWORD}).status_code == 200


def test_who_deletes_their_account_asks_to_leave_every_room_but_direct_ones(ada: User, bo: User) -> None:
    room = rooms.create_room(ada, "Ada's")
    open_direct_room(ada, bo)
    signed_in().post("/accounts/delete/", {"password": PASSWORD})
    commands = [decode_command(bytes(row.record), str(row.room_id).encode()) for row in OutboxCommand.objects.all()]
    left = [(one.room, one.sender) for one in commands if isinstance(one, LeaveRoom)]
    assert left == [(room.pk, ada.pk)]
    assert Membership.objects.filter(user=ada).count() == 2  # the bridge decides, not HTTP


def say(person: User, room_id: int, seq: int, body: str) -> None:
    Message.objects.create(
        room_id=room_id, seq=seq, rev=seq, client_id=f"018f0000-0000-7000-8000-{seq:012d}", sender=person, fingerprint=0,
        body=body, html=body, created_at=timezone.now(),
    )  # fmt: skip


def test_an_export_holds_what_is_mine_and_nothing_of_others(ada: User, bo: User) -> None:
    room = rooms.create_room(ada, "Ada's")
    say(ada, room.pk, 1, "mine 你好")
    say(bo, room.pk, 2, "his")
    answer = signed_in().get("/accounts/export/")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert [line["type"] for line in lines] == ["person", "membership", "message"]
    assert (lines[0]["username"], lines[2]["body"]) == ("ada", "mine 你好")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert not any("password" in line for line in lines)


def test_the_commands_export_a_person_and_a_room(ada: User, bo: User, tmp_path) -> None:  # type: ignore[no-untyped-def]
    room = rooms.create_room(ada, "Ada's")
    say(ada, room.pk, 1, "one")
    say(bo, room.pk, 2, "two")
    file = tmp_path / "out.jsonl"
    call_command("export_room", room.pk, output=str(file))
    assert [json.loads(line)["type"] for line in file.read_text().splitlines()] == [
        "room", "member", "message", "message",
    ]  # fmt: skip
    call_command("export_user", "BO", output=str(file))
    assert [json.loads(line)["type"] for line in file.read_text().splitlines()] == ["person", "message"]
    with pytest.raises(CommandError, match="nobody"):
        call_command("export_user", "zed", output=str(file))


def test_blocking_is_mine_alone_and_can_be_undone(ada: User, bo: User) -> None:
    client = signed_in()
    client.post("/accounts/blocks/", {"username": "BO"})
    client.post("/accounts/blocks/", {"username": "bo"})
    assert client.get("/api/v1/blocks").json()["blocks"] == [{"id": bo.pk, "name": "Bo", "username": "bo"}]
    assert client.get("/rooms/").context["boot"]["blocked"] == [bo.pk]
    assert signed_in(username="bo").get("/api/v1/blocks").json()["blocks"] == []
    assert client.delete(f"/api/v1/blocks?user={bo.pk}").status_code == 204
    assert client.get("/api/v1/blocks").json()["blocks"] == []


def test_nobody_blocks_themselves_or_nobody(ada: User) -> None:
    client = signed_in()
    for username, status, code in (("ada", 400, "invalid"), ("zed", 404, "not_found")):
        answer = client.post("/api/v1/blocks", {"username": username}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Block.objects.exists()


@pytest.mark.parametrize(
    "url", ["/accounts/sessions/", "/accounts/delete/", "/accounts/export/", "/accounts/profile/", "/accounts/blocks/"]
)
def test_a_stranger_is_sent_to_sign_in(url: str, client: Client, transactional_db: None) -> None:
    ask = client.post if url.endswith("blocks/") else client.get
    assert ask(url).headers["Location"].startswith("/accounts/login/")
