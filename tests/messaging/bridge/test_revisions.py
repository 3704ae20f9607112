"""What a message said before its edits is kept, for who may read it, until the message is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from messaging.actions import outbox
from messaging.errors import NotFound
from messaging.models import Membership, Message, MessageRevision, OutboxCommand, Room, RoomHead
from messaging.selectors import history
from messaging.wire.commands import Command, DeleteMessage, EditMessage, SendMessage
from messaging.wire.records import decode_command, record_key
from tests.messaging.conftest import Desk

Say = Callable[..., SendMessage]
People = dict[str, User]


def edit(room: Room, sender: User, body: str, rev: int, seq: int = 1) -> EditMessage:
    return EditMessage(
        client_id=uuid4(), room=room.pk, sender=sender.pk, seq=seq, rev_seen=rev, body=body, html=f"<p>{body}</p>"
    )


def delete(room: Room, sender: User) -> DeleteMessage:
    return DeleteMessage(client_id=uuid4(), room=room.pk, sender=sender.pk, seq=1)


def said(room: Room) -> list[str]:
    return [version.body for version in history.versions_of(room.pk, 1)]


def test_versions_are_kept_in_order_over_batches_and_within_one(
    desk: Desk, say: Say, room: Room, people: People
) -> None:
    ada = people["ada"]
    desk.apply(say("ada", "one"), edit(room, ada, "two", rev=1))
    desk.apply(edit(room, ada, "three", rev=2), edit(room, ada, "four", rev=3))
    assert said(room) == ["one", "two", "three", "four"]
    versions = history.versions_of(room.pk, 1)
    message = Message.objects.get()
    assert [versions[0].written_at, versions[-1].written_at] == [message.created_at, message.edited_at]
    assert versions[1].html == "<p>two</p>"


def test_a_repeat_or_a_refused_edit_leaves_no_version(desk: Desk, say: Say, room: Room, people: People) -> None:
    once = edit(room, people["ada"], "two", rev=1)
    desk.apply(say("ada", "one"), once, once)
    desk.apply(once, edit(room, people["bo"], "mine", rev=2), edit(room, people["ada"], "late", rev=1))
    assert said(room) == ["one", "two"]
    assert MessageRevision.objects.count() == 1


@pytest.mark.parametrize("batches", [1, 2])
def test_what_is_deleted_is_forgotten(desk: Desk, say: Say, room: Room, people: People, batches: int) -> None:
    commands = [say("ada", "one"), edit(room, people["ada"], "two", rev=1), delete(room, people["ada"])]
    for batch in (commands[:batches], commands[batches:]) if batches > 1 else (commands,):
        desk.apply(*batch)
    assert MessageRevision.objects.count() == 0
    with pytest.raises(NotFound):
        history.versions_of(room.pk, 1)


def test_a_tombstone_knows_who_made_it(desk: Desk, say: Say, room: Room, people: People) -> None:
    desk.apply(say("bo", "mine"))
    [applied] = desk.apply(delete(room, people["ada"]))
    assert Message.objects.get().deleted_by == people["ada"].pk
    assert f'"deleted_by":{people["ada"].pk}' in applied.changes[0].fragments[0].json.decode()
    desk.apply(delete(room, people["bo"]))
    assert Message.objects.get().deleted_by == people["ada"].pk, "the first one did it"


def test_changes_of_edits_and_deletions_equal_a_page_read_anew(
    desk: Desk, say: Say, room: Room, people: People
) -> None:
    ada = people["ada"]
    desk.apply(say("ada", "one"), say("ada", "two"))
    held = {view.seq: view for view in history.newest_page(room.pk).messages}
    desk.apply(edit(room, ada, "two, rather", rev=2, seq=2), delete(room, ada))
    held |= {view.seq: view for view in history.changes_after(room.pk, 2).messages}
    assert [held[seq] for seq in sorted(held)] == history.newest_page(room.pk).messages


def test_the_number_of_statements_does_not_grow_with_the_edits(
    desk: Desk, say: Say, room: Room, people: People
) -> None:
    desk.apply(*[say("ada", f"{number}") for number in range(12)])

    def statements(seqs: range) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk.apply(*[edit(room, people["ada"], "new", rev=seq, seq=seq) for seq in seqs])
        return len(queries)

    assert statements(range(1, 3)) == statements(range(3, 13))


class Bridge:
    """Applies what HTTP submitted, in place of the wait for it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def submitted(self) -> list[Command]:
        rows = list(OutboxCommand.objects.order_by("pk"))
        OutboxCommand.objects.all().delete()
        return [decode_command(bytes(row.record), record_key(row.room_id)) for row in rows]

    def await_effect(self, client_id: Any, sender: int, within_s: float = 0) -> int | None:
        self.desk.apply(*self.submitted())
        return outbox.outcome(client_id, sender)


@pytest.fixture
def bridge(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Bridge:
    made = Bridge(desk)
    monkeypatch.setattr("messaging.api.messages.outbox.await_effect", made.await_effect)
    return made


def test_edited_read_and_deleted_over_http(
    client: Client, bridge: Bridge, say: Say, room: Room, people: People
) -> None:
    bridge.desk.apply(say("bo", "one"))
    url = f"/api/v1/rooms/{room.pk}/messages/1"
    client.force_login(people["bo"])
    answer = client.patch(url, {"body": "two", "rev": 1}, content_type="application/json")
    assert (answer.status_code, answer.json()["body"], answer.json()["rev"]) == (200, "two", 2)
    stale = client.patch(url, {"body": "three", "rev": 1}, content_type="application/json")
    assert (stale.status_code, stale.json()["code"]) == (400, "invalid")
    versions = client.get(f"{url}/history").json()["versions"]
    assert [version["body"] for version in versions] == ["one", "two"]
    client.force_login(people["ada"])
    foreign = client.patch(url, {"body": "ours", "rev": 2}, content_type="application/json")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "forbidden")
    answer = client.delete(url)
    assert (answer.status_code, answer.json()["deleted_by"], answer.json()["body"]) == (200, people["ada"].pk, "")
    assert client.get(f"{url}/history").status_code == 404


def test_a_stranger_reads_no_versions_and_deletes_nothing(
    client: Client, bridge: Bridge, say: Say, room: Room, people: People
) -> None:
    bridge.desk.apply(say("bo", "one"))
    client.force_login(people["chen"])
    url = f"/api/v1/rooms/{room.pk}/messages/1"
    for answer in (client.get(f"{url}/history"), client.delete(url), client.get(url)):
        assert answer.status_code in {403, 404}
    assert RoomHead.objects.get().rev == 1


def test_a_moderator_deletes_and_does_not_edit(desk: Desk, say: Say, room: Room, people: People) -> None:
    Membership.objects.create(room=room, user=people["chen"], role=Membership.Role.MODERATOR)
    desk.apply(say("bo", "one"), edit(room, people["chen"], "two", rev=1), delete(room, people["chen"]))
    message = Message.objects.get()
    assert (message.rev, message.deleted_by) == (2, people["chen"].pk)
