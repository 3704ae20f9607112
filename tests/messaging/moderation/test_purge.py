"""Retention takes what is old, leaves what is held, and the chat is whole afterwards."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from messaging.actions.cases import act
from messaging.actions.purge import due_rooms, purge
from messaging.actions.reports import report_message
from messaging.actions.rooms import create_room
from messaging.bridge.audit import audit_database
from messaging.models import (
    Deed,
    Membership,
    Mention,
    Message,
    MessageRevision,
    ModerationAction,
    OutboxCommand,
    Report,
    RetentionRule,
    Room,
    RoomHead,
)
from messaging.selectors.standing import standings
from messaging.wire.commands import EditMessage, SendMessage
from tests.messaging.conftest import Desk
from tests.messaging.moderation.conftest import relay

pytestmark = pytest.mark.django_db

Say = Callable[..., SendMessage]
People = dict[str, User]
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def age(room: Room, until: int, days: int) -> None:
    Message.objects.filter(room=room, seq__lte=until).update(created_at=timezone.now() - timedelta(days=days))


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("purge", *arguments, stdout=out)
    return out.getvalue()


def test_what_is_older_goes_and_what_is_left_is_whole(
    desk: Desk, say: Say, room: Room, people: People, mo: User
) -> None:
    desk.apply(*[say("bo", f"@ada number {n}") for n in range(1, 11)])
    edit = EditMessage(
        client_id=uuid4(), room=room.pk, sender=people["bo"].pk, seq=2, rev_seen=2, body="anew", html="anew"
    )
    desk.apply(edit)
    act(mo, report_message(people["ada"], room.pk, 3, "spam").case_id, Deed.WARN, "x")
    kept = report_message(people["ada"], room.pk, 4, "spam")
    age(room, 6, 40)
    RetentionRule.objects.create(days=30)
    first = Message.objects.get(seq=1)
    assert run("--dry-run") == f"room {room.pk}: 6 messages, up to seq 6\n6 messages would go\n"
    assert Message.objects.count() == 10
    assert run("--batch", "4") == f"room {room.pk}: 6 messages, up to seq 6\n6 messages are gone\n"
    assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [7, 8, 9, 10]
    assert not MessageRevision.objects.exists()
    assert set(Mention.objects.values_list("seq", flat=True)) == {7, 8, 9, 10}
    assert RoomHead.objects.get(room=room).floor_seq == 6
    held = standings(people["ada"].pk)[room.pk]
    assert (held.unread, held.mentions, held.read) == (4, 4, 6)
    assert set(Report.objects.values_list("case__seq", "body")) == {(3, ""), (4, kept.body)}
    line = ModerationAction.objects.get(deed=Deed.PURGE)
    assert (line.by, line.room, line.reason) == (None, room, "6 messages, up to seq 6")
    assert audit_database().findings == []
    again = say("bo", first.body, client_id=first.client_id)
    desk.apply(again)
    assert Message.objects.count() == 4, "a re-send of what is purged stores nothing"
    assert run() == "0 messages are gone\n"


def test_legal_hold_keeps_a_room_and_on_the_site_keeps_everything(
    desk: Desk, say: Say, room: Room, people: People
) -> None:
    desk.apply(say("bo", "one"), say("bo", "two"))
    age(room, 2, 400)
    site = RetentionRule.objects.create(days=30)
    rule = RetentionRule.objects.create(room=room, legal_hold=True, note="case 12")
    assert run() == "0 messages are gone\n"
    RetentionRule.objects.filter(pk=rule.pk).update(legal_hold=False)
    assert list(due_rooms()) == [], "its own rule says: for ever"
    rule.delete()
    RetentionRule.objects.filter(pk=site.pk).update(legal_hold=True)
    assert list(due_rooms()) == []
    RetentionRule.objects.filter(pk=site.pk).update(legal_hold=False)
    assert [due.count for due in due_rooms()] == [2]


def test_a_rooms_own_rule_goes_before_the_sites(desk: Desk, say: Say, room: Room, people: People) -> None:
    desk.apply(*[say("bo", f"{n}") for n in range(4)])
    age(room, 3, 10)
    RetentionRule.objects.create(days=30)
    RetentionRule.objects.create(room=room, days=7)
    (due,) = due_rooms()
    assert (due.floor, due.until) == (0, 3)
    assert purge(due, batch=1) == 3
    desk.apply(say("ada", "the room goes on"))
    assert Message.objects.order_by("-seq").first().seq == 5  # type: ignore[union-attr]
    assert audit_database().findings == []


def test_all_of_a_person_goes_but_not_where_it_is_held(
    desk: Desk, say: Say, room: Room, people: People, lea: User
) -> None:
    other = create_room(people["bo"], "held")
    Membership.objects.create(room=other, user=people["ada"])
    OutboxCommand.objects.all().delete()
    RetentionRule.objects.create(room=other, legal_hold=True)
    desk.apply(say("bo", "one"), say("ada", "hers"), say("bo", "two"), say("bo", "evidence", room=other.pk))
    case = report_message(people["ada"], room.pk, 1, "spam").case
    act(lea, case.pk, Deed.DELETE_ALL, "a spammer")
    relay(desk)
    left = Message.objects.filter(deleted_at=None).order_by("pk").values_list("body", flat=True)
    assert list(left) == ["hers", "evidence"]
    assert set(Message.objects.exclude(deleted_at=None).values_list("deleted_by", flat=True)) == {lea.pk}


def test_in_admin_there_is_one_rule_for_the_site(client: Client, db: None) -> None:
    client.force_login(User.objects.create_superuser("root", password="x"), backend=MODEL_BACKEND)
    form = {"room": "", "days": "30", "note": ""}
    assert client.post("/admin/messaging/retentionrule/add/", form).status_code == 302
    assert "already" in client.post("/admin/messaging/retentionrule/add/", form).content.decode()
    assert "the whole site" in client.get("/admin/messaging/retentionrule/").content.decode()
    assert RetentionRule.objects.get().days == 30
