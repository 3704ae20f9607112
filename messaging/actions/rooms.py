"""Rooms and who is in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from messaging import limits
from messaging.actions import outbox
from messaging.actions.members import check_may_leave
from messaging.errors import Archived, Forbidden, Invalid, NotFound
from messaging.models import Membership, Room, RoomHead
from messaging.selectors.places import new_place
from messaging.selectors.standing import joinable_rooms
from messaging.wire.commands import AddMember, JoinRoom, LeaveRoom, OpenRoom


def create_room(creator: User, name: str, *, kind: str = Room.Kind.PUBLIC, topic: str = "") -> Room:
    """Make a public or private room with its creator as owner. Raises Invalid."""
    name, topic = _clean_name(name), _clean_topic(topic)
    if kind not in (Room.Kind.PUBLIC, Room.Kind.PRIVATE):
        raise Invalid(_("A room is public or private."))
    room = Room(kind=kind, name=name, topic=topic, created_by=creator)
    return with_members(room, [(creator, Membership.Role.OWNER)])


def change_room(actor: User, room_id: int, **changes: Any) -> None:
    """Change `name`, `topic`, `slow_mode_s` or `announcements` of a room, as owner or moderator; `archived` as owner.
    Raises NotFound, Forbidden, Archived, Invalid.

    Not history: everybody in it is told, and who was not sees another `meta`.
    """
    check_may_change(
        Membership.objects.in_force().filter(room_id=room_id, user=actor).select_related("room").first(), changes
    )
    checked: dict[str, Any] = {_COLUMNS.get(name, name): _CHECKS[name](value) for name, value in changes.items()}
    Room.objects.filter(pk=room_id).update(**checked, meta_version=F("meta_version") + 1)


def check_may_change(acting: Membership | None, changes: Mapping[str, Any]) -> None:
    if acting is None:
        raise NotFound
    if acting.role == Membership.Role.MEMBER or acting.room.kind == Room.Kind.DIRECT:
        raise Forbidden
    if "archived" in changes and acting.role != Membership.Role.OWNER:
        raise Forbidden(_("Only owners archive a room."))
    if acting.room.archived_at is not None and changes.get("archived") is not False:
        raise Archived


def _clean_name(raw: str) -> str:
    name = " ".join(raw.split())
    if not name:
        raise Invalid(_("A room needs a name."))
    if len(name) > limits.ROOM_NAME_CHARACTERS:
        raise Invalid(_("A room's name has at most %(most)d characters.") % {"most": limits.ROOM_NAME_CHARACTERS})
    return name


def _clean_topic(raw: str) -> str:
    topic = " ".join(raw.split())
    if len(topic) > limits.TOPIC_CHARACTERS:
        raise Invalid(_("A topic has at most %(most)d characters.") % {"most": limits.TOPIC_CHARACTERS})
    return topic


def _clean_slow_mode(seconds: int) -> int:
    if not 0 <= seconds <= limits.SLOW_MODE_MOST_S:
        raise Invalid(_("Slow mode is between 0 and %(most)d seconds.") % {"most": limits.SLOW_MODE_MOST_S})
    return seconds


def _archive_date(archived: bool) -> datetime | None:
    return timezone.now() if archived else None


_COLUMNS = {"archived": "archived_at"}
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": _clean_name,
    "topic": _clean_topic,
    "slow_mode_s": _clean_slow_mode,
    "announcements": bool,
    "archived": _archive_date,
}


def join(user: User, room_id: int, client_id: UUID) -> bool:
    """Ask to become a member of a public room; False for one who is. Raises NotFound where there is nothing to join."""
    if not any(room["id"] == room_id for room in joinable_rooms(user.pk)):
        if Membership.objects.filter(room_id=room_id, user=user).exists():
            return False
        raise NotFound
    outbox.submit(JoinRoom(client_id=client_id, room=room_id, sender=user.pk))
    return True


def add_member(actor: User, room_id: int, username: str, client_id: UUID) -> bool:
    """Ask to bring somebody in; False for one who is there. Raises NotFound for an unknown room or person."""
    if not Membership.objects.in_force().filter(room_id=room_id, user=actor).exists():
        raise NotFound
    person = find_person(username)
    if Membership.objects.filter(room_id=room_id, user=person).exists():
        return False
    outbox.submit(AddMember(client_id=client_id, room=room_id, sender=actor.pk, user=person.pk))
    return True


def find_person(username: str) -> User:
    """An active person by their username, whatever its case. Raises NotFound."""
    person = User.objects.filter(username__iexact=username.strip(), is_active=True).first()
    if person is None:
        raise NotFound(_("There is nobody called “%(name)s” here.") % {"name": username.strip()})
    return person


def leave(user: User, room_id: int, client_id: UUID) -> bool:
    """Ask to stop being a member. Raises NotFound for a room one is not in, LastOwner for who has to stay."""
    check_may_leave(user, room_id)
    outbox.submit(LeaveRoom(client_id=client_id, room=room_id, sender=user.pk))
    return True


def leave_all(user: User) -> None:
    """Ask to leave every room but direct ones: those are the other person's too."""
    places = Membership.objects.filter(user=user).exclude(room__kind=Room.Kind.DIRECT)
    for room_id in places.order_by("room_id").values_list("room_id", flat=True):
        outbox.submit(LeaveRoom(client_id=uuid4(), room=room_id, sender=user.pk))


def with_members(room: Room, members: Sequence[tuple[User, str]]) -> Room:
    """The one change of members outside the log: a new room with its first ones, at seq = rev = 0."""
    room.partition = new_place()
    with transaction.atomic():
        room.save(force_insert=True)
        RoomHead.objects.create(room=room)
        Membership.objects.bulk_create([Membership(room=room, user=user, role=role) for user, role in members])
        outbox.submit(OpenRoom(client_id=uuid4(), room=room.pk, sender=members[0][0].pk))
    return room
