"""Commands as records: Protobuf out and in (schema in records.proto, generated module records_pb2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from google.protobuf.message import DecodeError
from msgspec import convert
from msgspec.structs import asdict

from messaging.limits import MAX_INTEGER
from messaging.wire import records_pb2
from messaging.wire.commands import (
    AddMember,
    AttachPreviews,
    Command,
    DeleteMessage,
    EditMessage,
    HideMessage,
    JoinRoom,
    LeaveRoom,
    OpenRoom,
    Preview,
    ReactMessage,
    RemoveMember,
    RestoreMessage,
    SendMessage,
    SetRole,
)

SCHEMA_HEADER = "schema"
COMMAND_SCHEMA = b"chatsite.v1.Command"
COMMAND_HEADERS = ((SCHEMA_HEADER, COMMAND_SCHEMA),)


class UndecodableRecord(Exception):
    """The bytes are not a command that this version knows; the reason says which way."""


def record_key(room: int) -> bytes:
    """All commands of a room share a key, hence a partition, hence an order."""
    return str(room).encode()


ACTIONS: dict[type[Command], str] = {
    SendMessage: "send",
    EditMessage: "edit",
    DeleteMessage: "delete",
    JoinRoom: "join",
    LeaveRoom: "leave",
    AddMember: "add",
    RemoveMember: "remove",
    ReactMessage: "react",
    AttachPreviews: "previews",
    OpenRoom: "open",
    HideMessage: "hide",
    RestoreMessage: "restore",
    SetRole: "set_role",
}
"""Which field of the record's `action` holds which command: its own fields have the same names there."""

_KINDS = {action: kind for kind, action in ACTIONS.items()}
_OWN_FIELDS = {
    kind: [name for name in kind.__struct_fields__ if name not in Command.__struct_fields__] for kind in ACTIONS
}


def encode_command(command: Command) -> bytes:
    record = records_pb2.Command(client_id=command.client_id.bytes, room=command.room, sender=command.sender)
    inner = getattr(record, ACTIONS[type(command)])
    inner.SetInParent()
    for name in _OWN_FIELDS[type(command)]:
        value = getattr(command, name)
        if isinstance(value, list):
            getattr(inner, name).extend(records_pb2.Preview(**asdict(one)) for one in value)
        elif value is not None:
            setattr(inner, name, value)
    return record.SerializeToString()


def decode_command(value: bytes, key: bytes | None) -> Command:
    """Read a record's command. Raises UndecodableRecord, whose text is the dead letter's reason."""
    command = parse_command(value)
    if key != record_key(command.room):
        raise UndecodableRecord("the key is not the room's id")
    return command


def parse_command(value: bytes) -> Command:
    """`decode_command` of a record that perhaps stands under a wrong key."""
    try:
        record = records_pb2.Command.FromString(value)
    except DecodeError as error:
        raise UndecodableRecord("not a chatsite.v1.Command") from error
    if len(record.client_id) != 16 or not record.room or not record.sender:
        raise UndecodableRecord("client_id, room or sender is missing")
    action = record.WhichOneof("action")
    return _sent(record) if action == "send" else _other(record, action)


def _sent(record: records_pb2.Command) -> SendMessage:
    """The hot path: no look at every field."""
    send = record.send
    command = SendMessage(
        client_id=convert(record.client_id, UUID),  # (a fifth of the time of UUID's own constructor)
        room=record.room,
        sender=record.sender,
        body=send.body,
        html=send.html,
        reply_to=send.reply_to or None,
        filter=send.filter,
        hidden=send.hidden,
    )
    _check_numbers(command.room, command.sender, command.reply_to or 0, command.filter)
    return command


def _other(record: records_pb2.Command, action: str | None) -> Command:
    inner = getattr(record, action) if action else record
    _check_numbers(*(value for _, value in [*record.ListFields(), *inner.ListFields()] if isinstance(value, int)))
    if action is None:
        raise UndecodableRecord("an action that this version does not know")
    kind = _KINDS[action]
    own = {name: _plain(getattr(inner, name)) for name in _OWN_FIELDS[kind]}
    return kind(client_id=UUID(bytes=record.client_id), room=record.room, sender=record.sender, **own)


def _check_numbers(*numbers: int) -> None:
    """Every id, seq and rev of a command: one beyond all bounds would fail in the database, with its whole batch."""
    if max(numbers) > MAX_INTEGER:
        raise UndecodableRecord("a number is larger than any that exists")


def _plain(value: Any) -> Any:
    if isinstance(value, str | int):
        return value
    return [Preview(one.url, one.title, one.description, one.site) for one in value]
