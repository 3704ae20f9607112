"""Where a person stands in their rooms: what a session keeps in memory and every send is checked against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.db.models import BigIntegerField, Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least, NullIf
from django.utils import timezone

from accounts.avatars import avatar_url
from messaging.errors import NotFound, NotMember
from messaging.models import Membership, Mention, Message, Room, RoomHead, Sanction
from messaging.selectors.places import remember
from messaging.selectors.prepared import Place, Prepared


class Standing(msgspec.Struct):
    """A membership with its room's numbers. Mutable: the hub moves `seq`, `rev`, `read`, `unread`, `mentions` along."""

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
    membership: int
    """Another one after leaving and coming back: with another marker."""
    slow_mode_s: int
    muted_until: datetime | None
    announcements: bool = False
    """Only owners and moderators write."""
    level: str = Membership.Level.ALL.value
    """What this person wants to be told of."""
    person: int | None = None
    """The other one in a direct room of two."""
    is_group: bool = False
    """Direct messages of more than two."""

    def take(self, room: Room) -> None:
        """The room's own data have changed. (A direct room has no name of its own.)"""
        if self.kind != Room.Kind.DIRECT:
            self.name = room.name
        self.topic, self.archived, self.meta = room.topic, room.archived_at is not None, room.meta_version
        self.slow_mode_s, self.announcements = room.slow_mode_s, room.announcements

    def about(self) -> tuple[object, ...]:
        """What a page shows of the room and this person's place in it, beside the counts."""
        return (self.name, self.topic, self.role, self.archived, self.slow_mode_s, self.muted_until, self.announcements,
                self.level, self.members_version)  # fmt: skip

    def badge(self) -> dict[str, int]:
        return {
            "seq": self.seq,
            "rev": self.rev,
            "meta": self.meta,
            "unread": self.unread,
            "mentions": self.mentions,
        }


FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)
"""`muted_until` of a mute that has no end."""

COLUMNS = (
    "pk", "role", "level", "marker", "uncounted", "mentions", "other", "other_id", "is_muted", "muted_until",
    "room_id", "room__name", "room__kind", "room__topic", "room__partition", "room__archived_at", "room__slow_mode_s",
    "room__announcements", "room__meta_version",
    "room__head__rev", "room__head__seq", "room__head__floor_seq", "room__head__members_version",
)  # fmt: skip


def standings(user_id: int, room_ids: Collection[int] | None = None, read: int | None = None) -> dict[int, Standing]:
    """All rooms a person is in (or those of `room_ids` they are in), in the sidebar's order: by name, direct ones last.

    `read` counts from there instead of the stored marker. One statement, so that its numbers belong together: the
    counts are those of exactly this `rev`.
    """
    if room_ids is not None and not room_ids:
        return {}
    rooms = {f"room {number}": room_id for number, room_id in enumerate(room_ids or ())}
    query = _standings_query(None if room_ids is None else len(rooms), read is not None)
    found = query.rows(user=user_id, now=timezone.now(), **rooms, **({} if read is None else {"read": read}))
    ordered = sorted(
        _with_group_names(user_id, [_standing(row) for row in found]),
        key=lambda standing: (standing.kind == Room.Kind.DIRECT, standing.name.casefold(), standing.id),
    )
    return {standing.id: standing for standing in ordered}


@lru_cache(maxsize=16)
def _standings_query(rooms: int | None, from_read: bool) -> Prepared:
    """For so many rooms, or all of the person's."""

    def write(place: Place) -> QuerySet[Any, dict[str, Any]]:
        user, now = place("user", int), place("now", datetime)
        marker = (
            Least(Value(place("read", int), BigIntegerField()), F("room__head__seq")) if from_read else F("read_seq")
        )
        memberships = Membership.objects.in_force(now).filter(user_id=user)
        if rooms is not None:
            memberships = memberships.filter(room_id__in=[place(f"room {number}", int) for number in range(rooms)])
        of_two = Q(room__kind=Room.Kind.DIRECT, room__name="")
        return (
            memberships.order_by()
            .annotate(
                marker=marker,
                uncounted=_count(Message.objects.filter(_does_not_count(user))),
                mentions=_count(Mention.objects.filter(user_id=user)),
                other=Case(When(of_two, then=_other_name(user)), default=Value("")),
                other_id=Case(When(of_two, then=Subquery(_others(user).values("user_id")[:1]))),
                is_muted=Exists(_mutes(user, now)),
                muted_until=Subquery(_mutes(user, now).values("until")[:1]),
            )
            .values(*COLUMNS)
        )

    return Prepared(write)


def require_standing(user_id: int, room_id: int) -> Standing:
    """Raises NotMember for a public room one could join, NotFound for any other: foreign and unknown look the same."""
    standing = standings(user_id, [room_id]).get(room_id)
    if standing is not None:
        return standing
    if Room.objects.filter(pk=room_id, kind=Room.Kind.PUBLIC).exists():
        raise NotMember
    raise NotFound


def joinable_rooms(user_id: int, query: str = "") -> list[dict[str, Any]]:
    """Public rooms to browse, whose name or topic contains `query`: id, name, topic, number of members."""
    mine = Room.objects.joinable_by(user_id).exclude(pk__in=_banned_from(user_id))
    if query:
        mine = mine.filter(Q(name__icontains=query) | Q(topic__icontains=query))
    rooms = Room.objects.filter(pk__in=mine).annotate(members=Count("memberships"))
    return [dict(row) for row in rooms.order_by("name", "pk").values("id", "name", "topic", "members")]


def members_of(room_id: int) -> list[dict[str, Any]]:
    """Who is in a room: id, username, name, role, avatar (address or None); by name.

    The caller has authorised the reader.
    """
    rows = Membership.objects.in_force().filter(room_id=room_id).select_related("user")
    return sorted(map(_member, rows), key=lambda person: (person["name"].casefold(), person["id"]))


def _member(row: Membership) -> dict[str, Any]:
    user = row.user
    avatar = avatar_url(user.avatar)
    return {"id": user.pk, "username": user.username, "name": user.display_name, "role": row.role, "avatar": avatar}


def members_among(room_id: int, user_ids: Collection[int]) -> dict[int, Membership]:
    """Those of these people who are members of a room."""
    rows = Membership.objects.in_force().filter(room_id=room_id, user_id__in=user_ids)
    return {row.user_id: row for row in rows}


def mentions_above(room_id: int, user_ids: Collection[int], read: int) -> tuple[dict[int, list[int]], int]:
    """Where these people are named above seq `read`: {user: [seq]}, and the room's rev, read after that."""
    named: dict[int, list[int]] = defaultdict(list)
    rows = Mention.objects.filter(room_id=room_id, user_id__in=user_ids, seq__gt=read)
    for user, seq in rows.values_list("user_id", "seq"):
        named[user].append(seq)
    return named, RoomHead.objects.values_list("rev", flat=True).get(room_id=room_id)


def membership_marks(user_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """{user: (number of memberships, the newest one's id)}: tells who is in other rooms than before."""
    rows = Membership.objects.in_force().filter(user_id__in=user_ids).values("user_id").order_by()
    counted = rows.annotate(count=Count("pk"), newest=Max("pk"))
    return {row["user_id"]: (row["count"], row["newest"]) for row in counted}


def is_banned(user_id: int) -> bool:
    """From the whole site."""
    return bool(_ban_query().rows(user=user_id, now=timezone.now()))


@lru_cache(maxsize=1)
def _ban_query() -> Prepared:
    def write(place: Place) -> QuerySet[Any, dict[str, Any]]:
        bans = Sanction.objects.barring(place("now", datetime)).filter(user_id=place("user", int), room=None)
        return bans.order_by().values("pk")[:1]

    return Prepared(write)


def sanctions_among(user_ids: Collection[int]) -> dict[int, Sanction]:
    """What is in force against these people, by id."""
    return Sanction.objects.in_force().filter(user_id__in=user_ids).in_bulk()


def room_data(room_ids: Collection[int]) -> dict[int, Room]:
    return Room.objects.in_bulk(list(room_ids))


def heads(room_ids: Iterable[int]) -> dict[int, RoomHead]:
    """The counters of these rooms."""
    return RoomHead.objects.in_bulk(list(room_ids))


def _does_not_count(user_id: int) -> Q:
    return Q(sender_id=user_id) | Q(deleted_at__isnull=False)


def _count(rows: QuerySet[Any]) -> Coalesce:
    """Of these rows those of the membership's room above its marker."""
    above = rows.filter(room_id=OuterRef("room_id"), seq__gt=OuterRef("marker")).order_by()
    return Coalesce(Subquery(above.values("room_id").annotate(n=Count("pk")).values("n")), 0)


def _other_name(user_id: int) -> Subquery:
    """A direct room is called after the other person."""
    called = Coalesce(NullIf("user__name", Value("")), "user__username")
    return Subquery(_others(user_id).values(called=called)[:1])


def _others(user_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(room_id=OuterRef("room_id")).exclude(user_id=user_id).order_by("pk")


def _with_group_names(user_id: int, standings: list[Standing]) -> list[Standing]:
    """A group of direct messages is called after the others in it, as they are called now."""
    groups = {one.id: one for one in standings if one.is_group}
    names: dict[int, list[str]] = defaultdict(list)
    if groups:
        others = Membership.objects.filter(room_id__in=groups).exclude(user_id=user_id).select_related("user")
        for member in others.order_by("pk"):
            names[member.room_id].append(member.user.display_name)
    for room, called in names.items():
        groups[room].name = ", ".join(called)
    return standings


def _mutes(user_id: int, now: datetime) -> QuerySet[Sanction]:
    """Those in force in the membership's room; the one that ends last, or never, first."""
    place = Q(room_id=OuterRef("room_id")) | Q(room=None)
    mutes = Sanction.objects.in_force(now).filter(place, user_id=user_id, kind=Sanction.Kind.MUTE)
    return mutes.order_by(F("until").desc(nulls_first=True))


def _banned_from(user_id: int) -> QuerySet[Any, int | None]:
    banned = Sanction.objects.barring().filter(user_id=user_id, room__isnull=False)
    return banned.values_list("room_id", flat=True)


def _standing(row: dict[str, Any]) -> Standing:
    remember(row["room_id"], row["room__partition"])
    name, kind, seq, marker = row["room__name"], row["room__kind"], row["room__head__seq"], row["marker"]
    return Standing(
        id=row["room_id"],
        name=row["other"] or name,
        kind=kind,
        rev=row["room__head__rev"],
        seq=seq,
        floor=row["room__head__floor_seq"],
        meta=row["room__meta_version"],
        read=marker,
        unread=max(0, seq - marker - row["uncounted"]),
        mentions=row["mentions"],
        topic=row["room__topic"],
        role=row["role"],
        archived=row["room__archived_at"] is not None,
        members_version=row["room__head__members_version"],
        membership=row["pk"],
        slow_mode_s=row["room__slow_mode_s"],
        announcements=row["room__announcements"],
        level=row["level"],
        is_group=kind == Room.Kind.DIRECT and bool(name),
        muted_until=(row["muted_until"] or FOR_EVER) if row["is_muted"] else None,
        person=row["other_id"],
    )
