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
    filter: int = 0
    """Id of the word filter that noticed it."""
    hidden: bool = False
    """Hidden from the start, until a moderator has decided."""


class EditMessage(Command, frozen=True, kw_only=True):
    seq: int
    rev_seen: int
    body: str
    html: str
    filter: int = 0


class DeleteMessage(Command, frozen=True, kw_only=True):
    seq: int
    action: int = 0
    """Id of the moderation action that allows it; 0: the sender's own right."""


class HideMessage(Command, frozen=True, kw_only=True):
    """Nobody reads it until it is restored. `action` is the moderation action that allows it."""

    seq: int
    action: int


class RestoreMessage(Command, frozen=True, kw_only=True):
    seq: int
    action: int


class ReactMessage(Command, frozen=True, kw_only=True):
    """`on`: the sender reacts with this emoji; else takes that back."""

    seq: int
    emoji: str
    on: bool


class Preview(msgspec.Struct, frozen=True):
    """What a page says of itself. `url` is the link as it stands in the message."""

    url: str
    title: str
    description: str = ""
    site: str = ""


class AttachPreviews(Command, frozen=True, kw_only=True):
    """What the pages say that a message links to; our own worker writes it in the sender's name."""

    seq: int
    previews: list[Preview]


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
    PREVIEWS = 9
    OPEN = 10
    HIDE = 60
    RESTORE = 61
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
    AttachPreviews: CommandKind.PREVIEWS,
    HideMessage: CommandKind.HIDE,
    RestoreMessage: CommandKind.RESTORE,
    SetRole: CommandKind.SET_ROLE,
}


_SEND = CommandKind.SEND.value
_encode = msgspec.json.Encoder().encode


def fingerprint(command: Command) -> int:
    """64 signed bits over kind, room and content: tells a repeat from another command under the same id.

    `html` and `rev_seen` stay out: a re-send may be rendered anew, or name a later rev.
    """
    if type(command) is SendMessage:  # the hot path
        return _digest([_SEND, command.room, None, command.body, command.reply_to, None])
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
    if isinstance(command, AttachPreviews):
        content.append(command.previews)
    if isinstance(command, SetRole):
        content.append(command.role)
    return _digest(content)


def _digest(content: list[object]) -> int:
    return int.from_bytes(hashlib.blake2b(_encode(content), digest_size=8).digest(), "big", signed=True)
