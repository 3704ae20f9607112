"""Sanctions are in force at once, and the bridge holds them up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging.actions import moderate
from messaging.actions.compose import check_writable
from messaging.actions.members import remove_member
from messaging.errors import Forbidden, Invalid, Muted, NotFound
from messaging.models import AppliedCommand, Membership, Message, OutboxCommand, Room, Sanction
from messaging.selectors.standing import is_banned, joinable_rooms, require_standing, standings
from messaging.wire.commands import EditMessage, JoinRoom, RemoveMember, SendMessage
from messaging.wire.records import decode_command
from tests.messaging.conftest import Desk

pytestmark = pytest.mark.django_db

Say = Callable[..., SendMessage]
People = dict[str, User]


def relay(desk: Desk) -> None:
    """What the outbox holds -> the bridge."""
    rows = OutboxCommand.objects.filter(relayed_at=None).order_by("id")
    commands = [decode_command(bytes(row.record), str(row.room_id).encode()) for row in rows]
    rows.update(relayed_at=timezone.now())
    if commands:
        desk.apply(*commands)


def refusals() -> list[str]:
    return list(AppliedCommand.objects.exclude(refusal="").values_list("refusal", flat=True))


def test_a_mute_lets_read_and_not_write_and_says_until_when(desk: Desk, say: Say, room: Room, people: People) -> None:
    desk.apply(say("bo", "before"))
    moderate.impose(
        people["ada"], people["bo"], "mute", room=room, until=timezone.now() + timedelta(hours=1), reason="shouting"
    )
    held = require_standing(people["bo"].pk, room.pk)
    with pytest.raises(Muted) as caught:
        check_writable(held)
    assert 3500 < (caught.value.retry_after or 0) <= 3600
    rev = Message.objects.get().rev
    edit = EditMessage(client_id=uuid4(), room=room.pk, sender=people["bo"].pk, seq=1, rev_seen=rev, body="x", html="x")
    desk.apply(say("bo", "muted"), edit, say("ada", "heard"))
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["before", "heard"]
    assert refusals() == ["muted", "muted"]


def test_a_mute_without_an_end_and_one_that_is_over(room: Room, people: People) -> None:
    forever = moderate.impose(people["ada"], people["bo"], "mute", reason="spam")
    with pytest.raises(Muted) as caught:
        check_writable(require_standing(people["bo"].pk, room.pk))
    assert caught.value.retry_after is None
    moderate.lift(forever)
    check_writable(require_standing(people["bo"].pk, room.pk))
    Sanction.objects.create(
        user=people["bo"], kind="mute", until=timezone.now() - timedelta(1), reason="x", imposed_by=people["ada"]
    )
    check_writable(require_standing(people["bo"].pk, room.pk))


def test_a_kick_is_in_force_before_the_bridge_knows_and_over_when_it_does(
    desk: Desk, say: Say, room: Room, people: People
) -> None:
    remove_member(people["ada"], room.pk, "bo", uuid4())
    assert room.pk not in standings(people["bo"].pk)
    desk.apply(say("bo", "overtakes the removal"))
    relay(desk)
    assert (refusals(), Message.objects.count()) == (["not_member"], 0)
    assert not Membership.objects.filter(user=people["bo"]).exists()
    assert not Sanction.objects.in_force().exists()
    desk.apply(JoinRoom(client_id=uuid4(), room=room.pk, sender=people["bo"].pk), say("bo", "back"))
    assert Message.objects.get().body == "back"


def test_a_ban_from_a_room_keeps_out_until_it_is_lifted(desk: Desk, say: Say, room: Room, people: People) -> None:
    ban = moderate.impose(people["ada"], people["bo"], "ban", room=room, reason="abuse")
    assert standings(people["bo"].pk) == {}
    relay(desk)
    join = JoinRoom(client_id=uuid4(), room=room.pk, sender=people["bo"].pk)
    desk.apply(join)
    assert refusals() == ["banned"]
    assert joinable_rooms(people["bo"].pk) == []
    moderate.lift(ban)
    assert [found["id"] for found in joinable_rooms(people["bo"].pk)] == [room.pk]
    desk.apply(JoinRoom(client_id=uuid4(), room=room.pk, sender=people["bo"].pk))
    assert room.pk in standings(people["bo"].pk)


def test_a_ban_from_the_site_ends_everything_and_leaves_memberships(
    desk: Desk, say: Say, room: Room, people: People
) -> None:
    ban = moderate.impose(people["ada"], people["bo"], "ban", reason="abuse")
    assert is_banned(people["bo"].pk)
    assert standings(people["bo"].pk) == {}
    desk.apply(say("bo", "no"))
    assert refusals() == ["banned"]
    moderate.lift(ban)
    desk.apply(say("bo", "again"))
    assert Message.objects.get().body == "again"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"reason": " "}, Invalid),
        ({"kind": "kick"}, Invalid),
        ({"until": timezone.now() - timedelta(minutes=1)}, Invalid),
        ({"user": "ada"}, Forbidden),
    ],
)
def test_what_may_not_be_imposed(people: People, wrong: dict[str, object], error: type[Exception]) -> None:
    fields = {"kind": "mute", "reason": "r", "user": "bo", **wrong}
    user = people[str(fields.pop("user"))]
    with pytest.raises(error):
        moderate.impose(people["ada"], user, str(fields.pop("kind")), **fields)  # type: ignore[arg-type]
    assert not Sanction.objects.exists()


def test_who_may_put_out_whom(desk: Desk, room: Room, people: People) -> None:
    with pytest.raises(Forbidden):
        remove_member(people["bo"], room.pk, "ada", uuid4())
    with pytest.raises(NotFound):
        remove_member(people["chen"], room.pk, "bo", uuid4())
    with pytest.raises(NotFound):
        remove_member(people["ada"], room.pk, "chen", uuid4())
    # The bridge decides the same, whatever comes in the log.
    desk.apply(RemoveMember(client_id=uuid4(), room=room.pk, sender=people["bo"].pk, user=people["ada"].pk))
    assert Membership.objects.count() == 2
    assert refusals() == ["forbidden"]


def test_in_admin_a_ban_is_imposed_and_lifted_and_never_changed(client: Client, people: People, room: Room) -> None:
    admin = User.objects.create_superuser("root", password="x")
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    form = {"user": "bo", "kind": "ban", "room": "", "until_0": "", "until_1": "", "reason": ""}
    assert "This field is required" in client.post("/admin/messaging/sanction/add/", form).content.decode()
    nobody = client.post("/admin/messaging/sanction/add/", {**form, "user": "nobody"})
    assert "Nobody has this user name." in nobody.content.decode()
    answer = client.post("/admin/messaging/sanction/add/", {**form, "reason": "spam"})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    sanction = Sanction.objects.get()
    assert (sanction.imposed_by, sanction.reason) == (admin, "spam")
    assert is_banned(people["bo"].pk)
    assert client.post(f"/admin/messaging/sanction/{sanction.pk}/change/", form).status_code == 403
    assert client.post(f"/admin/messaging/sanction/{sanction.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post("/admin/messaging/sanction/", {"action": "lift", "_selected_action": [sanction.pk]})
    assert not is_banned(people["bo"].pk)
    assert Sanction.objects.get().lifted_at is not None


def test_oneself_cannot_be_banned_in_admin(client: Client, people: People) -> None:
    admin = User.objects.create_superuser("root", password="x")
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    form = {"user": "root", "kind": "ban", "room": "", "until_0": "", "until_1": "", "reason": "oops"}
    assert "not allowed" in client.post("/admin/messaging/sanction/add/", form).content.decode()
    assert not Sanction.objects.exists()


def test_slow_mode_is_held_up_by_the_times_in_the_log(desk: Desk, say: Say, room: Room, people: People) -> None:
    Room.objects.update(slow_mode_s=10)
    at = 1_700_000_000_000
    desk.apply(say("bo", "one"), at_ms=at)
    desk.apply(say("bo", "too soon"), say("ada", "the owner may"), at_ms=at + 5_000)
    desk.apply(say("bo", "two"), say("bo", "too soon again"), at_ms=at + 10_000)
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["one", "the owner may", "two"]
    assert refusals() == ["slow_mode", "slow_mode"]
