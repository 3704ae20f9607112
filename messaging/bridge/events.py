"""What a batch did, as records of `chat.events`: from the batch itself, or once more from what it stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from messaging.bridge.rows import MessageRow
from messaging.bridge.topics import EVENTS
from messaging.live.broadcast import RoomChange
from messaging.log.port import Outgoing
from messaging.models import Membership, Message, Room, RoomHead, StoredOffset
from messaging.wire.events import EVENT_HEADERS, MemberFact, MessageFact, RoomEvent, RoomFact, encode_event
from messaging.wire.records import record_key


def events_of(
    change: RoomChange, room: Room, rows: Mapping[int, MessageRow], members: Iterable[MemberFact]
) -> list[Outgoing]:
    """The records that tell one room's change, with the very JSON that sockets get. `rows`: by seq."""
    messages = [
        MessageFact(fragment.rev, fragment.json, rows[fragment.seq].fingerprint, rows[fragment.seq].hidden_words)
        for fragment in sorted(change.fragments, key=lambda fragment: fragment.rev)
    ]
    event = RoomEvent(
        room=change.room,
        after=change.after,
        rev=change.rev,
        seq=change.seq,
        members_version=change.members_version,
        about=_about(room),
        messages=messages,
        members=list(members),
    )
    return _outgoing(event)


def events_again(stored: StoredOffset) -> list[Outgoing]:
    """What the last batch of a partition told, or should have: nothing was applied to its rooms since."""
    members = defaultdict(list)
    for room, user in stored.changed_members:
        members[room].append(user)
    before = {int(room): rev for room, rev in stored.rooms_before.items()}
    heads = RoomHead.objects.select_related("room").filter(room_id__in=before).order_by("room_id")
    events = [
        _event_again(head, before[head.room_id], members[head.room_id])
        for head in heads
        if head.rev > before[head.room_id] or members[head.room_id]
    ]
    return [record for event in events for record in _outgoing(event)]


def _event_again(head: RoomHead, after: int, users: list[int]) -> RoomEvent:
    rows = Message.objects.filter(room_id=head.room_id, rev__gt=after).select_related("sender").order_by("rev")
    members = Membership.objects.filter(room_id=head.room_id, user_id__in=users)
    roles = {user: (role, read) for user, role, read in members.values_list("user_id", "role", "read_seq")}
    return RoomEvent(
        room=head.room_id,
        after=after,
        rev=head.rev,
        seq=head.seq,
        members_version=head.members_version,
        about=_about(head.room),
        messages=[_fact(row) for row in rows],
        members=[MemberFact(user, *roles.get(user, ("", 0))) for user in users],
    )


def _fact(row: Message) -> MessageFact:
    words = (row.body, row.html) if row.hidden_at else ("", "")
    return MessageFact(row.rev, row.view(row.sender.display_name).fragment().json, row.fingerprint, words)


def _about(room: Room) -> RoomFact:
    return RoomFact(
        kind=room.kind,
        name=room.name,
        topic=room.topic,
        meta=room.meta_version,
        archived=room.archived_at is not None,
        slow_mode_s=room.slow_mode_s,
        announcements=room.announcements,
    )


def _outgoing(event: RoomEvent) -> list[Outgoing]:
    return [Outgoing(EVENTS, record_key(event.room), value, EVENT_HEADERS) for value in encode_event(event)]
