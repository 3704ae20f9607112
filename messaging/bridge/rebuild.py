"""Rooms, members and messages made anew from `chat.events`, into a database that has none.

From the facts, never from the commands: those would be decided anew, by the rules and the people of today. The group's
offsets were committed with the events, so bridges go on exactly where the events end. What is not history is not in
the log: read markers are those of joining and of one's own last message, decisions on commands other than messages are
forgotten (a repeat of one is decided again), sanctions stay with the people they are about. A room's settings are those
of its last event; what each member wants to be told of, and invitations, are not in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from uuid import uuid4

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from msgspec import to_builtins

from accounts.models import User
from messaging import limits
from messaging.bridge.bulk import begin_insert, update_messages
from messaging.bridge.rows import MessageRow, stored_rows
from messaging.bridge.topics import COMMANDS, EVENTS
from messaging.log.port import Log, Partition, Record
from messaging.models import (
    LogTopic,
    Membership,
    Mention,
    Message,
    MessageRevision,
    Room,
    RoomHead,
    SiteState,
    StoredOffset,
)
from messaging.models.log_state import new_epoch
from messaging.models.message import places_of
from messaging.wire.events import MessageFact, RoomEvent, decode_event


class CannotRebuild(Exception):
    """The text says why, and what can be done."""


def rebuild(log: Log, group: str, progress: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Returns the number of events applied; `progress(done, of)` is told of each batch. Raises CannotRebuild."""
    bounds = log.bounds(EVENTS)
    _check(bounds)
    total = sum(end for _, end in bounds.values())
    done = 0
    for records in _batches(log, bounds):
        with transaction.atomic():
            _apply([decode_event(record.value) for record in records])
        done += len(records)
        progress(done, total)
    with transaction.atomic():
        _name_direct_rooms()
        _raise_own_markers()
        _adopt_offsets(log, group)
        SiteState.objects.update_or_create(pk=1, defaults={"epoch": new_epoch()})
    return done


def _check(bounds: dict[Partition, tuple[int, int]]) -> None:
    if Room.objects.exists():
        raise CannotRebuild("This database has rooms: a rebuild goes into an empty one (migrate a new database).")
    cut = [str(place.number) for place, (earliest, _) in sorted(bounds.items()) if earliest > 0]
    if cut:
        raise CannotRebuild(
            f"{EVENTS} does not reach back to the beginning (partitions {', '.join(cut)}): its retention is what a "
            "rebuild can cover. Restore a backup instead."
        )


def _batches(log: Log, bounds: dict[Partition, tuple[int, int]]) -> Iterator[list[Record]]:
    """Everything up to the ends, by a group of its own that commits nothing."""
    waiting = {place for place, (earliest, end) in bounds.items() if end > earliest}
    reader = log.reader(f"rebuild-{uuid4().hex}", [EVENTS])
    silent = 0
    try:
        while waiting and silent < 10:
            polled = reader.poll(1.0, limits.BATCH_RECORDS, limits.BATCH_BYTES)
            for place in polled.gained:
                reader.seek(place, 0)
            # The last offset of a transaction is its own mark, which nobody is handed: silence is the end as well.
            silent = 0 if polled.records or polled.gained else silent + 1
            for place, records in polled.records.items():
                yield records
                if records[-1].offset + 1 >= bounds[place][1]:
                    waiting.discard(place)
    finally:
        reader.close()


def _apply(events: Sequence[RoomEvent]) -> None:
    _make_missing_people(events)
    for event in events:
        _apply_room(event)
        _apply_members(event)
        if event.messages:
            _apply_messages(event)


def _make_missing_people(events: Sequence[RoomEvent]) -> None:
    """Accounts are not in the log: who is not there any more is there by id, and cannot sign in."""
    ids = {member.user for event in events for member in event.members}
    ids |= {fact.view().sender.id for event in events for fact in event.messages}
    missing = ids - set(User.objects.filter(pk__in=ids).values_list("pk", flat=True))
    for pk in sorted(missing):
        person = User(pk=pk, username=f"former-{pk}", is_active=False)
        person.set_unusable_password()
        person.save(force_insert=True)


def _apply_room(event: RoomEvent) -> None:
    about = event.about
    settings = {name: getattr(about, name) for name in ("kind", "name", "topic", "slow_mode_s", "announcements")}
    archived_at = timezone.now() if about.archived else None  # since when, only the lost database knew
    room, _ = Room.objects.update_or_create(
        pk=event.room, defaults={**settings, "meta_version": about.meta, "archived_at": archived_at}
    )
    head = {"seq": event.seq, "rev": event.rev, "members_version": event.members_version}
    RoomHead.objects.update_or_create(room=room, defaults=head)


def _apply_members(event: RoomEvent) -> None:
    for member in event.members:
        mine = Membership.objects.filter(room_id=event.room, user_id=member.user)
        if not member.role:
            mine.delete()
        elif not mine.update(role=member.role):
            Membership.objects.create(room_id=event.room, user_id=member.user, role=member.role, read_seq=member.read)


def _apply_messages(event: RoomEvent) -> None:
    rows = [_row(event.room, fact) for fact in event.messages]
    before = {row.seq: row for row in stored_rows(places_of([(event.room, row.seq) for row in rows]))}
    for row in rows:
        row.pk = before[row.seq].pk if row.seq in before else 0
    begin_insert([row for row in rows if not row.pk])()
    update_messages([row for row in rows if row.pk])
    _keep_revisions(rows, before)
    RoomHead.objects.filter(room_id=event.room).update(last_message_at=_last_message_at(event.room))
    Mention.objects.filter(room_id=event.room, seq__in=[row.seq for row in rows]).delete()
    Mention.objects.bulk_create(
        Mention(room_id=event.room, seq=row.seq, user_id=user)
        for row in rows
        for user in row.mentions
        if user != row.sender_id
    )


def _keep_revisions(rows: list[MessageRow], before: dict[int, MessageRow]) -> None:
    """As far as events tell: of several edits in one batch they have the last."""
    for row in rows:
        if row.deleted_at is not None:
            MessageRevision.objects.filter(room_id=row.room_id, seq=row.seq).delete()
    edited = [row for row in rows if row.deleted_at is None and row.seq in before]
    MessageRevision.objects.bulk_create(
        before[row.seq].revision() for row in edited if row.edited_at != before[row.seq].edited_at
    )


def _row(room: int, fact: MessageFact) -> MessageRow:
    view = fact.view()
    body, html = fact.hidden_words if view.hidden_at else (view.body, view.html)
    return MessageRow(
        room_id=room,
        seq=view.seq,
        rev=view.rev,
        client_id=view.client_id,
        sender_id=view.sender.id,
        fingerprint=fact.fingerprint,
        body=body,
        html=html,
        reply_to=view.reply_to,
        mentions=view.mentions,
        created_at=view.created_at,
        edited_at=view.edited_at,
        deleted_at=view.deleted_at,
        deleted_by=view.deleted_by,
        reactions=view.reactions or None,
        previews=to_builtins(view.previews) or None,
        hidden_at=view.hidden_at,
    )


def _last_message_at(room: int):  # type: ignore[no-untyped-def]
    return Message.objects.filter(room_id=room).order_by("-seq").values_list("created_at", flat=True).first()


def _name_direct_rooms() -> None:
    for room in Room.objects.filter(kind=Room.Kind.DIRECT).prefetch_related("memberships"):
        room.direct_key = "-".join(map(str, sorted(member.user_id for member in room.memberships.all())))
        room.save(update_fields=["direct_key"])


def _raise_own_markers() -> None:
    """Sending reads what was there before."""
    newest = Message.objects.values_list("room_id", "sender_id").annotate(seq=Max("seq"))
    for room, sender, seq in newest:
        Membership.objects.filter(room_id=room, user_id=sender, read_seq__lt=seq).update(read_seq=seq)


def _adopt_offsets(log: Log, group: str) -> None:
    for name in log.generations(COMMANDS):
        topic = log.topic(name)
        ends = [end for _, (_, end) in sorted(log.bounds(name).items())] if topic.is_closed else None
        known = {"topic_id": topic.id, "partitions": topic.partitions, "ends": ends}
        LogTopic.objects.update_or_create(name=name, defaults=known)
        StoredOffset.objects.bulk_create(
            StoredOffset(
                group=group,
                topic=name,
                partition=place.number,
                topic_id=topic.id,
                next_offset=offset,
                rebuilt_to=offset,
            )
            for place, offset in log.group_offsets(group, name).items()
        )
