"""A batch becomes rows in one transaction: gapless numbers, no repeats, decisions that stand, offsets that fence."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from accounts.models import User
from messaging.bridge import ledger as ledger_module
from messaging.bridge.effects import Effects
from messaging.bridge.offsets import LostPartition
from messaging.log.port import Record
from messaging.models import AppliedCommand, Membership, Message, Room, RoomHead, StoredOffset
from messaging.wire.commands import AddMember, DeleteMessage, EditMessage, JoinRoom, LeaveRoom, SendMessage
from tests.messaging.conftest import PARTITION, Desk

Say = Callable[..., SendMessage]
People = dict[str, User]


def edit(message: Message, body: str, rev: int | None = None, sender: int | None = None) -> EditMessage:
    return EditMessage(
        client_id=uuid4(), room=message.room_id, sender=sender or message.sender_id, seq=message.seq,
        rev_seen=message.rev if rev is None else rev, body=body, html=f"<p>{body}</p>",
    )  # fmt: skip


def delete(message: Message, sender: int) -> DeleteMessage:
    return DeleteMessage(client_id=uuid4(), room=message.room_id, sender=sender, seq=message.seq)


def decided(outcome: str) -> float:
    return REGISTRY.get_sample_value("chat_applied_total", {"outcome": outcome}) or 0.0


def refusal_of(command: object) -> str:
    return AppliedCommand.objects.get(client_id=command.client_id).refusal  # type: ignore[attr-defined]


def test_numbers_are_gapless_over_batches(desk: Desk, say: Say, room: Room) -> None:
    desk.apply(*[say("ada") for _ in range(5)])
    [applied] = desk.apply(*[say("bo") for _ in range(4)])
    assert list(Message.objects.order_by("seq").values_list("seq", "rev")) == [(n, n) for n in range(1, 10)]
    [change] = applied.changes
    assert (change.room, change.after, change.rev, change.seq) == (room.pk, 5, 9, 9)
    assert [fragment.seq for fragment in change.fragments] == [6, 7, 8, 9]
    assert StoredOffset.objects.get().next_offset == 9


def test_a_repeat_in_the_batch_or_later_is_one_row(desk: Desk, say: Say) -> None:
    once = say("ada")
    desk.apply(once, once, say("ada"))
    [applied] = desk.apply(once)
    assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2]
    assert applied.changes == []
    assert not applied.people


def test_the_same_id_with_other_content_is_refused_and_the_first_stands(desk: Desk, say: Say) -> None:
    first = say("ada", "first")
    desk.apply(first)
    [applied] = desk.apply(say("ada", "second", client_id=first.client_id))
    assert [refusal.code for refusal in applied.people.refusals] == ["invalid"]
    assert Message.objects.get().body == "first"


def test_the_same_id_of_another_person_is_another_command(desk: Desk, say: Say) -> None:
    first = say("ada", "mine")
    desk.apply(first, say("bo", "mine too", client_id=first.client_id))
    assert Message.objects.count() == 2


def looks_for_messages(queries: CaptureQueriesContext) -> bool:
    return any("FROM messaging_message WHERE client_id" in query["sql"] for query in queries)


def test_what_is_new_is_not_looked_for_and_one_repeat_is_found_among_it(desk: Desk, say: Say) -> None:
    once = say("ada", "first")
    with CaptureQueriesContext(connection) as queries:
        desk.apply(once, say("bo", "second"))
    assert not looks_for_messages(queries)
    with CaptureQueriesContext(connection) as queries:
        [applied] = desk.apply(say("bo", "third"), once, say("ada", "fourth"))
    assert looks_for_messages(queries)
    bodies = ["first", "second", "third", "fourth"]
    assert list(Message.objects.order_by("seq").values_list("seq", "body")) == list(enumerate(bodies, 1))
    assert [change.rev for change in applied.changes] == [4]
    assert desk.letters == []


def test_a_repeat_that_would_be_refused_today_stays_what_it_was(desk: Desk, say: Say, people: People) -> None:
    once = say("bo")
    desk.apply(once)
    desk.apply(LeaveRoom(client_id=uuid4(), room=once.room, sender=people["bo"].pk))
    refused = say("bo", "too late")
    before = [decided(outcome) for outcome in ("applied", "repeat", "refused")]
    [applied] = desk.apply(once, refused, say("ada", "bye"))
    assert not AppliedCommand.objects.filter(client_id=once.client_id).exists()
    assert [refusal.client_id for refusal in applied.people.refusals] == [refused.client_id]
    assert refusal_of(refused) == "not_member"
    assert Message.objects.count() == 2
    after = [decided(outcome) for outcome in ("applied", "repeat", "refused")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1], "each is counted once"


def test_an_edited_message_still_knows_its_own_repeat(desk: Desk, say: Say) -> None:
    first = say("ada", "first")
    desk.apply(first)
    desk.apply(edit(Message.objects.get(), "second"))
    [applied] = desk.apply(first)
    assert not applied.people
    assert Message.objects.get().body == "second"


def test_an_edit_told_again_after_a_later_one_does_not_bring_the_old_text_back(desk: Desk, say: Say) -> None:
    desk.apply(say("ada", "v0"))
    first = edit(Message.objects.get(), "v1")
    desk.apply(first)
    desk.apply(edit(Message.objects.get(), "v2"))
    desk.apply(first)
    message = Message.objects.get()
    assert (message.body, message.rev) == ("v2", 3)
    assert message.edited_at is not None


def test_a_stale_edit_is_refused(desk: Desk, say: Say) -> None:
    desk.apply(say("ada", "v0"))
    message = Message.objects.get()
    stale = edit(message, "mine", rev=message.rev)
    desk.apply(edit(message, "theirs"))
    desk.apply(stale)
    assert refusal_of(stale) == "invalid"
    assert Message.objects.get().body == "theirs"


def test_who_may_edit_and_delete(desk: Desk, say: Say, people: People) -> None:
    desk.apply(say("ada"), say("bo"))
    of_ada, of_bo = Message.objects.order_by("seq")
    foreign_edit = edit(of_ada, "x", sender=people["bo"].pk)
    foreign_delete = delete(of_ada, people["bo"].pk)
    by_owner = delete(of_bo, people["ada"].pk)
    desk.apply(foreign_edit, foreign_delete, by_owner)
    assert (refusal_of(foreign_edit), refusal_of(foreign_delete), refusal_of(by_owner)) == (
        "forbidden",
        "forbidden",
        "",
    )
    of_bo.refresh_from_db()
    assert (of_bo.body, of_bo.html, of_bo.seq) == ("", "", 2)
    assert of_bo.deleted_at is not None


def test_a_deleted_message_takes_no_edit(desk: Desk, say: Say, people: People) -> None:
    desk.apply(say("ada"))
    message = Message.objects.get()
    desk.apply(delete(message, people["ada"].pk))
    message.refresh_from_db()
    late = edit(message, "back again")
    desk.apply(late)
    assert refusal_of(late) == "not_found"
    assert Message.objects.get().body == ""


def test_after_the_window_nobody_edits(desk: Desk, say: Say) -> None:
    desk.apply(say("ada"))
    Message.objects.update(created_at=F("created_at") - ledger_module.EDIT_WINDOW - timedelta(seconds=5))
    late = edit(Message.objects.get(), "too late")
    desk.apply(late)
    assert refusal_of(late) == "edit_window"


def test_strangers_unknown_rooms_and_archived_ones_are_refused_for_ever(desk: Desk, say: Say, room: Room) -> None:
    stranger, nowhere = say("chen"), say("ada", room=999_999)
    private = say("chen")
    [applied] = desk.apply(stranger, nowhere)
    assert (refusal_of(stranger), refusal_of(nowhere)) == ("not_member", "not_found")
    assert {refusal.code for refusal in applied.people.refusals} == {"not_member", "not_found"}
    Room.objects.update(kind=Room.Kind.PRIVATE)
    desk.apply(private)
    assert refusal_of(private) == "not_found"
    Room.objects.update(archived_at=datetime.now(UTC))
    late = say("ada")
    desk.apply(late)
    assert refusal_of(late) == "archived"
    # The same for ever, though the reason has gone: what was refused stays refused.
    Room.objects.update(archived_at=None)
    desk.apply(late)
    assert not Message.objects.exists()


def test_joining_and_leaving_move_the_members_version(desk: Desk, say: Say, room: Room, people: People) -> None:
    chen = people["chen"].pk
    desk.apply(say("ada"))
    [joined] = desk.apply(JoinRoom(client_id=uuid4(), room=room.pk, sender=chen), say("chen", "hello"))
    assert [(change.room, change.user) for change in joined.people.memberships] == [(room.pk, chen)]
    assert joined.changes[0].members_version == 1
    assert Membership.objects.get(user=chen).read_seq == 2
    [left] = desk.apply(LeaveRoom(client_id=uuid4(), room=room.pk, sender=chen))
    assert left.changes[0].members_version == 2
    assert not Membership.objects.filter(user=chen).exists()
    after = say("chen", "still here?")
    desk.apply(after)
    assert refusal_of(after) == "not_member"


def test_leaving_and_joining_in_one_batch_ends_as_a_member(desk: Desk, room: Room, people: People) -> None:
    bo = people["bo"].pk
    commands = [
        LeaveRoom(client_id=uuid4(), room=room.pk, sender=bo),
        JoinRoom(client_id=uuid4(), room=room.pk, sender=bo),
    ]
    desk.apply(*commands)
    assert Membership.objects.filter(user=bo).count() == 1
    assert RoomHead.objects.get().members_version == 2


def test_who_may_bring_somebody_in(desk: Desk, room: Room, people: People) -> None:
    def add(by: str, user: int | None = None) -> AddMember:
        whom = people["chen"].pk if user is None else user
        return AddMember(client_id=uuid4(), room=room.pk, sender=people[by].pk, user=whom)

    stranger, unknown = add("chen"), add("ada", user=999_999)
    desk.apply(stranger, unknown)
    assert (refusal_of(stranger), refusal_of(unknown)) == ("not_member", "not_found")
    Room.objects.update(kind=Room.Kind.PRIVATE)
    plain = add("bo")
    desk.apply(plain)
    assert refusal_of(plain) == "forbidden"
    owner = add("ada")
    [applied] = desk.apply(owner, owner, add("ada"))
    assert refusal_of(owner) == ""
    assert [(change.room, change.user) for change in applied.people.memberships] == [(room.pk, people["chen"].pk)]
    assert Membership.objects.filter(user=people["chen"]).count() == 1
    Room.objects.update(kind=Room.Kind.DIRECT)
    direct = add("ada", user=people["bo"].pk)
    desk.apply(direct)
    assert refusal_of(direct) == "forbidden"


def test_a_private_room_is_not_joined(desk: Desk, room: Room, people: People) -> None:
    Room.objects.update(kind=Room.Kind.PRIVATE)
    knock = JoinRoom(client_id=uuid4(), room=room.pk, sender=people["chen"].pk)
    desk.apply(knock)
    assert refusal_of(knock) == "not_found"


def test_what_can_never_be_applied_is_put_aside_with_its_reason(desk: Desk, say: Say) -> None:
    good = say("ada")
    unknown = say("ada", sender=999_999)
    records = desk.records([good, unknown, say("bo")])
    records[2] = Record(PARTITION, records[2].offset, records[2].key, b"\xff", (), 0)
    desk.apply_records(records)
    assert Message.objects.get().client_id == good.client_id
    assert {(record.offset, why) for record, why in desk.letters} == {
        (1, "the sender does not exist"),
        (2, "not a chatsite.v1.Command"),
    }
    assert StoredOffset.objects.get().next_offset == 3


def test_times_rise_with_seq_and_never_lie_in_the_future(desk: Desk, say: Say) -> None:
    now_ms = int(time.time() * 1000)
    desk.apply(say("ada"), at_ms=now_ms + 600_000)
    desk.apply(say("ada"), at_ms=now_ms - 600_000)
    first, second = Message.objects.order_by("seq").values_list("created_at", flat=True)
    assert first <= datetime.now(UTC) + timedelta(seconds=1)
    assert second >= first


def test_sending_moves_the_senders_own_marker_and_nobody_elses(desk: Desk, say: Say, people: People) -> None:
    desk.apply(say("ada"), say("bo"), say("ada"))
    markers = dict(Membership.objects.values_list("user__username", "read_seq"))
    assert markers == {"ada": 3, "bo": 2}


def test_counts_say_how_unread_moves(desk: Desk, say: Say, people: People) -> None:
    desk.apply(say("ada"))
    [applied] = desk.apply(say("bo"), delete(Message.objects.get(), people["ada"].pk))
    ada, bo = people["ada"].pk, people["bo"].pk
    assert [(c.seq, c.sender, c.delta) for c in applied.changes[0].counts] == [(2, bo, 1), (1, ada, -1)]


def test_a_bridge_that_lost_its_partition_writes_nothing(desk: Desk, say: Say) -> None:
    desk.apply(say("ada"))
    StoredOffset.objects.update(next_offset=500)
    with pytest.raises(LostPartition):
        desk.apply(say("ada", "ghost"))
    assert Message.objects.count() == 1
    assert StoredOffset.objects.get().next_offset == 500
    assert desk.owner.next_offset[PARTITION] == 1


def test_an_offset_never_goes_back(desk: Desk, say: Say) -> None:
    """Whoever brings old records is at another place than it thinks: it has to take the partition anew."""
    old = desk.records([say("ada", "before")])
    desk.apply(say("ada", "now"))
    with pytest.raises(LostPartition):
        desk.apply_records(old)
    assert list(Message.objects.values_list("body", flat=True)) == ["now"]
    assert StoredOffset.objects.get().next_offset == 2


def test_a_head_that_was_set_back_is_read_again_and_then_given_up(desk: Desk, say: Say) -> None:
    desk.apply(say("ada"), say("ada"))
    RoomHead.objects.update(seq=1, rev=1)
    desk.apply(say("ada", "third"))
    # The number was taken: after one re-run the record is put aside, and nothing is overwritten.
    assert [why for _, why in desk.letters if "database refuses" in why]
    assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2]


def test_a_passing_duplicate_is_applied_by_the_re_run(desk: Desk, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Effects.write
    failures = iter([IntegrityError("duplicate (room, seq)")])

    def once_failing(self: Effects) -> None:
        write(self)
        for failure in failures:
            raise failure

    monkeypatch.setattr(Effects, "write", once_failing)
    desk.apply(say("ada"), say("bo"))
    assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2]
    assert desk.letters == []


def test_salvage_names_only_the_record_at_fault(desk: Desk, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Effects.write

    def refusing(self: Effects) -> None:
        if any(message.body == "poison" for message in self.new):
            raise IntegrityError("refused")
        write(self)

    monkeypatch.setattr(Effects, "write", refusing)
    [applied] = desk.apply(say("ada", "one"), say("ada", "poison"), say("bo", "two"))
    assert list(Message.objects.order_by("seq").values_list("seq", "body")) == [(1, "one"), (2, "two")]
    assert [record.offset for record, _ in desk.letters] == [1]
    assert len(applied.changes) == 2
    assert StoredOffset.objects.get().next_offset == 3


def test_the_offset_row_remembers_where_rooms_stood(desk: Desk, say: Say, room: Room) -> None:
    desk.apply(say("ada"))
    desk.apply(say("ada"), say("bo"))
    assert StoredOffset.objects.get().rooms_before == {str(room.pk): 1}


def test_the_number_of_statements_does_not_grow_with_the_batch(desk: Desk, say: Say) -> None:
    desk.apply(say("ada"))  # what is said once a connection
    counts = []
    for size in (1, 50):
        with CaptureQueriesContext(connection) as captured:
            desk.apply(*[say("ada") for _ in range(size)])
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_is_edited_or_deleted_in_the_batch_it_came_in_is_stored_so(desk: Desk, say: Say, room: Room) -> None:
    first, second = say("ada", "typo"), say("ada", "gone")
    edited = EditMessage(
        client_id=uuid4(), room=room.pk, sender=first.sender, seq=1, rev_seen=1, body="no typo", html="<p>no typo</p>"
    )
    desk.apply(first, second, edited, DeleteMessage(client_id=uuid4(), room=room.pk, sender=second.sender, seq=2))
    one, other = Message.objects.order_by("seq")
    assert (one.body, one.html, one.rev) == ("no typo", "<p>no typo</p>", 3)
    assert one.edited_at is not None
    assert (other.body, other.rev, other.edited_at) == ("", 4, None)
    assert other.deleted_at is not None
