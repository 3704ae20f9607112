"""Rooms and who is in them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from messaging import limits
from messaging.actions import outbox
from messaging.errors import Invalid, NotFound
from messaging.models import Membership, Room, RoomHead
from messaging.selectors.standing import joinable_rooms
from messaging.wire.commands import AddMember, JoinRoom, LeaveRoom


def create_room(creator: User, name: str, *, kind: str = Room.Kind.PUBLIC, topic: str = "") -> Room:
    """Make a public or private room with its creator as owner. Raises Invalid."""
    name, topic = " ".join(name.split()), " ".join(topic.split())
    if not name:
        raise Invalid("A room needs a name.")
    if len(name) > limits.ROOM_NAME_CHARACTERS:
        raise Invalid(f"A room's name has at most {limits.ROOM_NAME_CHARACTERS} characters.")
    if len(topic) > limits.TOPIC_CHARACTERS:
        raise Invalid(f"A topic has at most {limits.TOPIC_CHARACTERS} characters.")
    if kind not in (Room.Kind.PUBLIC, Room.Kind.PRIVATE):
        raise Invalid("A room is public or private.")
    room = Room(kind=kind, name=name, topic=topic, created_by=creator)
    return _with_members(room, [(creator, Membership.Role.OWNER)])


def open_direct_room(person: User, other: User) -> Room:
    """The one room of these two, made at first need."""
    if person.pk == other.pk:
        raise Invalid("A direct message needs another person.")
    key = "-".join(str(pk) for pk in sorted([person.pk, other.pk]))
    existing = Room.objects.filter(direct_key=key).first()
    if existing is not None:
        return existing
    room = Room(kind=Room.Kind.DIRECT, direct_key=key, created_by=person)
    try:
        return _with_members(room, [(person, Membership.Role.MEMBER), (other, Membership.Role.MEMBER)])
    except IntegrityError:  # the other side opened it in the same moment
        return Room.objects.get(direct_key=key)


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
    if not Membership.objects.filter(room_id=room_id, user=actor).exists():
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
        raise NotFound(f"There is nobody called “{username.strip()}” here.")
    return person


def leave(user: User, room_id: int, client_id: UUID) -> bool:
    """Ask to stop being a member. Raises NotFound for a room one is not in."""
    if not Membership.objects.filter(room_id=room_id, user=user).exists():
        raise NotFound
    outbox.submit(LeaveRoom(client_id=client_id, room=room_id, sender=user.pk))
    return True


def _with_members(room: Room, members: Sequence[tuple[User, str]]) -> Room:
    """The one change of members outside the log: a new room with its first ones, at seq = rev = 0."""
    with transaction.atomic():
        room.save(force_insert=True)
        RoomHead.objects.create(room=room)
        Membership.objects.bulk_create([Membership(room=room, user=user, role=role) for user, role in members])
    return room
