"""What a batch needs to know, read in a fixed number of queries and locked: the ground every decision stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from messaging import limits
from messaging.bridge.bulk import marks_of
from messaging.bridge.rows import MessageRow, stored_rows
from messaging.models import Membership, ModerationAction, Room, RoomHead, Sanction
from messaging.models.message import places_of
from messaging.selectors.prepared import Place, PreparedSets, as_models, columns_of
from messaging.wire.commands import (
    AddMember,
    AttachPreviews,
    Command,
    DeleteMessage,
    EditMessage,
    HideMessage,
    LeaveRoom,
    OpenRoom,
    ReactMessage,
    RemoveMember,
    RestoreMessage,
    SendMessage,
    SetRole,
)
from messaging.wire.mentions import mention_names, names_everybody

CommandKey = tuple[int, int]
"""(client_id, sender): the name of a command for ever. (As an integer: a UUID takes three times as long to look up.)"""

SPEAKS = (SendMessage, EditMessage)
CHANGES = (EditMessage, DeleteMessage, ReactMessage, AttachPreviews, HideMessage, RestoreMessage)
"""Commands about a message that is there."""


@dataclass(slots=True)
class Facts:
    """Rows a batch touches. The bridge changes them in place; `Ledger.write` stores what changed."""

    now: datetime
    heads: dict[int, RoomHead]
    rooms: dict[int, Room]
    users: dict[int, User]
    members: dict[tuple[int, int], Membership]
    """By (room, user)."""
    messages: dict[tuple[int, int], MessageRow]
    """By (room, seq): those that are edited, deleted or replied to."""
    barred: set[tuple[int, int | None]] = field(default_factory=set)
    """(user, room): kicked or banned; without a room: from the whole site."""
    muted: set[tuple[int, int | None]] = field(default_factory=set)
    named: dict[str, int] = field(default_factory=dict)
    """Lower-case username -> id, of the people that messages of this batch name; `members` says who is in the room."""
    small: set[int] = field(default_factory=set)
    """Rooms that a message of this batch calls together by `@room`, and that are small enough; all their members are
    in `members`."""
    shared: set[int] = field(default_factory=set)
    """Rooms that somebody leaves and that had other members than owners before this batch. (Of every room that
    somebody leaves or gives a role in, all owners are in `members`.)"""
    decided: dict[CommandKey, int] = field(default_factory=dict)
    """Fingerprints of what is stored or refused already."""
    actions: dict[int, ModerationAction] = field(default_factory=dict)
    """Lines of the log of moderation that commands of this batch name as what allows them."""


def _heads(_: Place, rooms: list[int]) -> QuerySet[RoomHead, dict[str, Any]]:
    heads = RoomHead.objects.select_for_update().filter(room_id__in=rooms)
    return heads.order_by("room_id").values(*columns_of(RoomHead))


def _members(_: Place, rooms: list[int], users: list[int]) -> QuerySet[Membership, dict[str, Any]]:
    members = Membership.objects.filter(room_id__in=rooms, user_id__in=users)
    return members.order_by().values(*columns_of(Membership))


def _rooms(_: Place, rooms: list[int]) -> QuerySet[Room, dict[str, Any]]:
    return Room.objects.filter(pk__in=rooms).order_by().values(*columns_of(Room))


def _users(_: Place, users: list[int]) -> QuerySet[User, dict[str, Any]]:
    return User.objects.filter(pk__in=users).order_by().values(*columns_of(User))


def _sanctions(place: Place, users: list[int]) -> QuerySet[Sanction, dict[str, Any]]:
    in_force = Sanction.objects.in_force(place("now", datetime)).filter(user_id__in=users)
    return in_force.order_by().values("kind", "user_id", "room_id")


# A batch of a few messages would otherwise take longer to write its queries than to have them answered.
_HEADS, _MEMBERS, _ROOMS = PreparedSets(_heads), PreparedSets(_members), PreparedSets(_rooms)
_USERS, _SANCTIONS = PreparedSets(_users), PreparedSets(_sanctions)


def load_facts(commands: Sequence[Command], *, all_new: bool = False) -> Facts:
    """Lock the heads of the rooms in id order and read the rest. Inside the batch's transaction. `all_new`: nothing is
    looked for of what is to be said now, in the belief that it was never stored."""
    others = [command for command in commands if type(command) is not SendMessage]  # of a backlog hardly any
    room_ids = sorted({command.room for command in commands})
    user_ids = {command.sender for command in commands}
    user_ids |= {command.user for command in others if isinstance(command, AddMember | RemoveMember | SetRole)}
    found = {head.room_id: head for head in as_models(RoomHead, _HEADS.tuples(room_ids))}
    names = _names(commands)
    named = _named(names)
    small = _called_together(names)
    members = as_models(Membership, _MEMBERS.tuples(room_ids, user_ids | set(named.values())))
    members += _more_members(others, small)
    messages = _messages(commands, others)
    authors = {message.sender_id for message in messages.values()}
    sanctions = _SANCTIONS.tuples(user_ids, now=timezone.now())
    return Facts(
        now=_database_now(),
        heads=found,
        rooms={room.pk: room for room in as_models(Room, _ROOMS.tuples(room_ids))},
        users={user.pk: user for user in as_models(User, _USERS.tuples(user_ids | authors))},
        members={(member.room_id, member.user_id): member for member in members},
        messages=messages,
        barred={(user, room) for kind, user, room in sanctions if kind != Sanction.Kind.MUTE},
        muted={(user, room) for kind, user, room in sanctions if kind == Sanction.Kind.MUTE},
        named=named,
        small=small,
        shared=_shared(others),
        decided=_decided(commands, others if all_new else commands),
        actions=_actions(others),
    )


def _names(commands: Sequence[Command]) -> list[tuple[int, set[str]]]:
    """Of each message that names somebody: the room, and the names."""
    said = [command for command in commands if isinstance(command, SPEAKS) and "@" in command.body]
    return [(command.room, mention_names(command.body)) for command in said]


def _named(found: Sequence[tuple[int, set[str]]]) -> dict[str, int]:
    names = {name for _, names in found for name in names}
    if not names:
        return {}
    # As written and in lower case: MariaDB compares without case, SQLite does not, and both use the index like this.
    people = User.objects.filter(username__in=names | {name.lower() for name in names}, is_active=True)
    return {username.lower(): pk for pk, username in people.values_list("pk", "username")}


def _more_members(commands: Sequence[Command], small: set[int]) -> list[Membership]:
    """Everybody in the rooms that are opened or called together, and all owners of the rooms where one of them may be
    about to go."""
    whole = small | {command.room for command in commands if isinstance(command, OpenRoom)}
    leaving = {command.room for command in commands if isinstance(command, LeaveRoom | SetRole)}
    if not whole and not leaving:
        return []
    owners = Q(room_id__in=leaving, role=Membership.Role.OWNER)
    return list(Membership.objects.filter(Q(room_id__in=whole) | owners))


def _shared(commands: Sequence[Command]) -> set[int]:
    leaving = {command.room for command in commands if isinstance(command, LeaveRoom)}
    if not leaving:
        return set()
    others = Membership.objects.filter(room_id__in=leaving).exclude(role=Membership.Role.OWNER)
    return set(others.order_by().values_list("room_id", flat=True).distinct())


def _called_together(found: Sequence[tuple[int, set[str]]]) -> set[int]:
    rooms = {room for room, names in found if names_everybody(names)}
    if not rooms:
        return set()
    sizes = Membership.objects.filter(room_id__in=rooms).values("room_id").annotate(size=Count("pk")).order_by()
    return set(sizes.filter(size__lte=limits.ROOM_MENTION_MOST).values_list("room_id", flat=True))


def command_key(command: Command) -> CommandKey:
    return command.client_id.int, command.sender


def _decided(commands: Sequence[Command], perhaps_stored: Sequence[Command]) -> dict[CommandKey, int]:
    """Those that were decided as something else than a message, and those that are one."""
    return _marks("messaging_appliedcommand", commands) | _marks("messaging_message", perhaps_stored)


def _marks(table: str, commands: Sequence[Command]) -> dict[CommandKey, int]:
    if not commands:
        return {}
    keys = {command_key(command) for command in commands}
    rows = marks_of(table, {client_id for client_id, _ in keys})
    return {(client_id, sender): mark for client_id, sender, mark in rows if (client_id, sender) in keys}


def _actions(commands: Sequence[Command]) -> dict[int, ModerationAction]:
    named = {action for command in commands if (action := getattr(command, "action", 0))}
    return ModerationAction.objects.in_bulk(named) if named else {}


def _messages(commands: Sequence[Command], others: Sequence[Command]) -> dict[tuple[int, int], MessageRow]:
    """What is answered, or changed."""
    answered = {(one.room, one.reply_to) for one in commands if type(one) is SendMessage and one.reply_to is not None}
    wanted = answered | {(one.room, one.seq) for one in others if isinstance(one, CHANGES)}
    if not wanted:
        return {}
    return {(row.room_id, row.seq): row for row in stored_rows(places_of(wanted))}


def _database_now() -> datetime:
    """One clock for all bridges: the database's."""
    if connection.vendor != "mysql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        return cursor.fetchone()[0].replace(tzinfo=UTC)
