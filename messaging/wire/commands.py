"""What was asked for, before it happened. The log carries these; the bridge decides and applies them in order."""

from __future__ import annotations

import hashlib
from enum import IntEnum
from uuid import UUID

import msgspec


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """`client_id` with `sender` names the command for ever: the same pair is the same command, told again."""

    client_id: UUID
    room: int
    sender: int


class SendMessage(Command, frozen=True, kw_only=True):
    body: str
    html: str
    reply_to: int | None = None


class EditMessage(Command, frozen=True, kw_only=True):
    seq: int
    rev_seen: int
    body: str
    html: str


class DeleteMessage(Command, frozen=True, kw_only=True):
    seq: int


class ReactMessage(Command, frozen=True, kw_only=True):
    """`on`: the sender reacts with this emoji; else takes that back."""

    seq: int
    emoji: str
    on: bool


class JoinRoom(Command, frozen=True, kw_only=True):
    """The sender becomes a member."""


class LeaveRoom(Command, frozen=True, kw_only=True):
    """The sender stops being a member."""


class AddMember(Command, frozen=True, kw_only=True):
    """The sender brings another person in."""

    user: int


class RemoveMember(Command, frozen=True, kw_only=True):
    """The sender puts another person out."""

    user: int


class SetRole(Command, frozen=True, kw_only=True):
    """The sender gives a member (perhaps themselves) another role."""

    user: int
    role: str


class OpenRoom(Command, frozen=True, kw_only=True):
    """The sender has made a room with its first members: those who read `chat.events` hear of it by this."""


class CommandKind(IntEnum):
    """Stored with every applied command: numbers are never reused."""

    SEND = 1
    EDIT = 2
    DELETE = 3
    JOIN = 4
    LEAVE = 5
    ADD = 6
    REMOVE = 7
    REACT = 8
    OPEN = 10
    SET_ROLE = 50


KINDS: dict[type[Command], CommandKind] = {
    SendMessage: CommandKind.SEND,
    EditMessage: CommandKind.EDIT,
    DeleteMessage: CommandKind.DELETE,
    JoinRoom: CommandKind.JOIN,
    LeaveRoom: CommandKind.LEAVE,
    AddMember: CommandKind.ADD,
    RemoveMember: CommandKind.REMOVE,
    OpenRoom: CommandKind.OPEN,
    ReactMessage: CommandKind.REACT,
    SetRole: CommandKind.SET_ROLE,
}


def fingerprint(command: Command) -> int:
    """64 signed bits over kind, room and content: tells a repeat from another command under the same id.

    `html` and `rev_seen` stay out: a re-send may be rendered anew, or name a later rev.
    """
    content: list[object] = [
        KINDS[type(command)].value,
        command.room,
        getattr(command, "seq", None),
        getattr(command, "body", None),
        getattr(command, "reply_to", None),
        getattr(command, "user", None),
    ]
    if isinstance(command, ReactMessage):
        content += [command.emoji, command.on]
    if isinstance(command, SetRole):
        content.append(command.role)
    digest = hashlib.blake2b(msgspec.json.encode(content), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
