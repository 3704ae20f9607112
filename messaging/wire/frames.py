"""Client frames: JSON text -> one typed value, or the error that the client is told. Shapes: docs/protocol.md."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from messaging import limits
from messaging.errors import BadJson, Invalid, InvalidFrame, UnknownType

Id = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_INTEGER)]
Number = Annotated[int, msgspec.Meta(ge=0, le=limits.MAX_INTEGER)]
Body = Annotated[str, msgspec.Meta(max_length=limits.CLIENT_FRAME_BYTES)]
Revs = dict[Id, Number]


class Hello(msgspec.Struct, frozen=True):
    epoch: str | None = None
    rooms: Annotated[Revs, msgspec.Meta(max_length=limits.HELLO_ROOMS_MOST)] = {}
    watch: Annotated[Revs, msgspec.Meta(max_length=limits.WATCHED_ROOMS_MOST)] = {}
    unfinished: Annotated[list[UUID], msgspec.Meta(max_length=limits.UNFINISHED_MOST)] = []


class CommandFrame(msgspec.Struct, frozen=True):
    """What asks for a change; answered by `accepted` or `rejected` with the same `client_id`."""

    client_id: UUID
    room: Id


class Send(CommandFrame, frozen=True, kw_only=True):
    body: Body
    reply_to: Id | None = None
    attachments: list[Id] = []
    again: bool = False


class Edit(CommandFrame, frozen=True, kw_only=True):
    seq: Id
    body: Body
    rev: Number
    again: bool = False


class Delete(CommandFrame, frozen=True, kw_only=True):
    seq: Id
    again: bool = False


class React(CommandFrame, frozen=True, kw_only=True):
    seq: Id
    emoji: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    on: bool
    again: bool = False


class Read(msgspec.Struct, frozen=True):
    """Read up to `seq`; with `unread`, back to it from the marker `was`."""

    room: Id
    seq: Number
    unread: bool = False
    was: Number | None = None


class Typing(msgspec.Struct, frozen=True):
    room: Id


class Watch(msgspec.Struct, frozen=True):
    rooms: Annotated[Revs, msgspec.Meta(max_length=limits.WATCHED_ROOMS_MOST)]


class Sync(msgspec.Struct, frozen=True):
    room: Id
    after: Number


class Ping(msgspec.Struct, frozen=True):
    pass


class Presence(msgspec.Struct, frozen=True):
    """How I am here, and whose presence I look at: the full list. Each may be left out: as before."""

    idle: bool | None = None
    people: Annotated[list[Id], msgspec.Meta(max_length=limits.LOOKED_AT_MOST)] | None = None


class Seen(msgspec.Struct, frozen=True):
    """I want to know who has read what in this room, and in no other."""

    room: Id


ClientFrame = Hello | Send | Edit | Delete | React | Read | Typing | Watch | Sync | Ping | Presence | Seen

CLIENT_FRAMES: dict[str, type[ClientFrame]] = {
    "hello": Hello,
    "send": Send,
    "edit": Edit,
    "delete": Delete,
    "react": React,
    "read": Read,
    "typing": Typing,
    "watch": Watch,
    "sync": Sync,
    "ping": Ping,
    "presence": Presence,
    "seen": Seen,
}


def parse_frame(text: str | bytes) -> ClientFrame:
    """Parse one client frame.

    Raises BadJson, UnknownType or InvalidFrame; or Invalid, carrying the `client_id`, where a command frame
    is wrong but says which command it was meant to be.
    """
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise BadJson from error
    if not isinstance(fields, dict):
        raise InvalidFrame("A frame is a JSON object.")
    kind = fields.get("type")
    shape = CLIENT_FRAMES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        raise UnknownType
    try:
        return msgspec.convert(fields, shape, str_keys=True)
    except (msgspec.ValidationError, RecursionError) as error:
        raise _complaint(fields, shape, str(error)) from error


def _complaint(fields: dict[str, Any], shape: type[ClientFrame], reason: str) -> InvalidFrame | Invalid:
    if not issubclass(shape, CommandFrame):
        return InvalidFrame(reason)
    try:
        client_id = msgspec.convert(fields.get("client_id"), UUID)
    except msgspec.ValidationError:
        return InvalidFrame(reason)
    rejection = Invalid(reason)
    rejection.client_id = client_id
    return rejection
