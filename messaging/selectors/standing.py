"""Where a person stands in their rooms: what a session keeps in memory and every send is checked against."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from django.db.models import Count, F, Q

from messaging.errors import NotFound, NotMember
from messaging.models import Membership, Message, Room, RoomHead


class Standing(msgspec.Struct):
    """A membership with its room's numbers. Mutable: the hub moves `seq`, `rev`, `read` and `unread` along."""

    id: int
    name: str
    kind: str
    rev: int
    seq: int
    floor: int
    meta: int
    read: int
    unread: int
    mentions: int
    topic: str
    role: str
    archived: bool
    members_version: int

    def badge(self) -> dict[str, int]:
        return {
            "seq": self.seq,
            "rev": self.rev,
            "meta": self.meta,
            "unread": self.unread,
            "mentions": self.mentions,
        }


def standings(user_id: int, room_ids: Collection[int] | None = None) -> dict[int, Standing]:
    """All rooms a person is in (or those of `room_ids` they are in), in the sidebar's order: by name, direct ones last.

    At most three queries, whatever the number of rooms.
    """
    memberships = Membership.objects.filter(user_id=user_id).select_related("room__head")
    if room_ids is not None:
        memberships = memberships.filter(room_id__in=room_ids)
    found = list(memberships)
    uncounted = _uncounted(user_id, [membership.room_id for membership in found])
    names = direct_names(user_id, [m.room_id for m in found if m.room.kind == Room.Kind.DIRECT])
    ordered = sorted(
        (_standing(membership, uncounted.get(membership.room_id, 0), names) for membership in found),
        key=lambda standing: (standing.kind == Room.Kind.DIRECT, standing.name.casefold(), standing.id),
    )
    return {standing.id: standing for standing in ordered}


def require_standing(user_id: int, room_id: int) -> Standing:
    """Raises NotMember for a public room one could join, NotFound for any other: foreign and unknown look the same."""
    standing = standings(user_id, [room_id]).get(room_id)
    if standing is not None:
        return standing
    if Room.objects.filter(pk=room_id, kind=Room.Kind.PUBLIC).exists():
        raise NotMember
    raise NotFound


def direct_names(user_id: int, room_ids: Collection[int]) -> dict[int, str]:
    """A direct room is called after the other person."""
    if not room_ids:
        return {}
    others = Membership.objects.filter(room_id__in=room_ids).exclude(user_id=user_id).select_related("user")
    return {membership.room_id: membership.user.display_name for membership in others}


def joinable_rooms(user_id: int) -> list[dict[str, Any]]:
    """Public rooms to browse: id, name, topic, number of members."""
    rooms = Room.objects.filter(pk__in=Room.objects.joinable_by(user_id)).annotate(members=Count("memberships"))
    return [dict(row) for row in rooms.order_by("name", "pk").values("id", "name", "topic", "members")]


def members_of(room_id: int) -> list[dict[str, Any]]:
    """Who is in a room: id, username, name, role; by name. The caller has authorised the reader."""
    rows = Membership.objects.filter(room_id=room_id).select_related("user")
    people = [
        {"id": row.user.pk, "username": row.user.username, "name": row.user.display_name, "role": row.role}
        for row in rows
    ]
    return sorted(people, key=lambda person: (person["name"].casefold(), person["id"]))


def members_among(room_ids: Collection[int], user_ids: Collection[int]) -> set[tuple[int, int]]:
    """Which of these people are members of which of these rooms, as (room, user)."""
    rows = Membership.objects.filter(room_id__in=room_ids, user_id__in=user_ids)
    return set(rows.values_list("room_id", "user_id"))


def unread(standing: Standing, user_id: int, read: int) -> int:
    """Exact count for a marker at `read`: seq - read - rows above it that do not count."""
    if read >= standing.seq:
        return 0
    above = Message.objects.filter(room_id=standing.id, seq__gt=read, seq__lte=standing.seq)
    return standing.seq - read - above.filter(_does_not_count(user_id)).count()


def heads(room_ids: Iterable[int]) -> dict[int, RoomHead]:
    """The counters of these rooms."""
    return RoomHead.objects.in_bulk(list(room_ids))


def _does_not_count(user_id: int) -> Q:
    return Q(sender_id=user_id) | Q(deleted_at__isnull=False)


def _uncounted(user_id: int, room_ids: list[int]) -> dict[int, int]:
    """{room: messages above the read marker that are not news to this person: their own and deleted ones}."""
    rows = Message.objects.filter(
        _does_not_count(user_id),
        room_id__in=room_ids,
        room__memberships__user_id=user_id,
        seq__gt=F("room__memberships__read_seq"),
    )
    return dict(rows.values_list("room_id").annotate(Count("id")).order_by())


def _standing(membership: Membership, uncounted: int, names: dict[int, str]) -> Standing:
    room, head = membership.room, membership.room.head
    return Standing(
        id=room.pk,
        name=names.get(room.pk) or room.name,
        kind=room.kind,
        rev=head.rev,
        seq=head.seq,
        floor=head.floor_seq,
        meta=room.meta_version,
        read=membership.read_seq,
        unread=max(0, head.seq - membership.read_seq - uncounted),
        mentions=0,
        topic=room.topic,
        role=membership.role,
        archived=room.archived_at is not None,
        members_version=head.members_version,
    )
