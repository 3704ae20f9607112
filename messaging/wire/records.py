"""Commands as records: Protobuf out and in (schema in records.proto, generated module records_pb2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from google.protobuf.message import DecodeError

from messaging.limits import MAX_INTEGER
from messaging.wire import records_pb2
from messaging.wire.commands import (
    AddMember,
    Command,
    DeleteMessage,
    EditMessage,
    JoinRoom,
    LeaveRoom,
    OpenRoom,
    ReactMessage,
    RemoveMember,
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


def encode_command(command: Command) -> bytes:
    record = records_pb2.Command(client_id=command.client_id.bytes, room=command.room, sender=command.sender)
    match command:
        case SendMessage():
            record.send.body = command.body
            record.send.html = command.html
            if command.reply_to is not None:
                record.send.reply_to = command.reply_to
        case EditMessage():
            record.edit.seq = command.seq
            record.edit.rev_seen = command.rev_seen
            record.edit.body = command.body
            record.edit.html = command.html
        case DeleteMessage():
            record.delete.seq = command.seq
        case JoinRoom():
            record.join.SetInParent()
        case LeaveRoom():
            record.leave.SetInParent()
        case AddMember():
            record.add.user = command.user
        case RemoveMember():
            record.remove.user = command.user
        case ReactMessage():
            record.react.seq = command.seq
            record.react.emoji = command.emoji
            record.react.on = command.on
        case OpenRoom():
            record.open.SetInParent()
        case SetRole():
            record.set_role.user = command.user
            record.set_role.role = command.role
        case _:
            raise TypeError(f"no record for {type(command).__name__}")
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
    if max(_numbers(record)) > MAX_INTEGER:
        raise UndecodableRecord("a number is larger than any that exists")
    return _typed(record)


def _numbers(record: records_pb2.Command) -> list[int]:
    """Every id, seq and rev of a command: one beyond all bounds would fail in the database, with its whole batch."""
    action = record.WhichOneof("action")
    if action == "send":  # without a look at every field: this is the hot path
        return [record.room, record.sender, record.send.reply_to]
    inner = getattr(record, action) if action else record
    return [record.room, record.sender, *(value for _, value in inner.ListFields() if isinstance(value, int))]


def _typed(record: records_pb2.Command) -> Command:
    client_id, room, sender = UUID(bytes=record.client_id), record.room, record.sender
    match record.WhichOneof("action"):
        case "send":
            send = record.send
            reply_to = send.reply_to if send.HasField("reply_to") else None
            return SendMessage(
                client_id=client_id, room=room, sender=sender, body=send.body, html=send.html, reply_to=reply_to
            )
        case "edit":
            edit = record.edit
            return EditMessage(
                client_id=client_id,
                room=room,
                sender=sender,
                seq=edit.seq,
                rev_seen=edit.rev_seen,
                body=edit.body,
                html=edit.html,
            )
        case "delete":
            return DeleteMessage(client_id=client_id, room=room, sender=sender, seq=record.delete.seq)
        case "react":
            react = record.react
            return ReactMessage(
                client_id=client_id, room=room, sender=sender, seq=react.seq, emoji=react.emoji, on=react.on
            )
        case "join" | "leave" | "open" as action:
            kind = {"join": JoinRoom, "leave": LeaveRoom, "open": OpenRoom}[action]
            return kind(client_id=client_id, room=room, sender=sender)
        case "add" | "remove" | "set_role" as action:
            return _about_person(client_id, room, sender, action, getattr(record, action))
        case _:
            raise UndecodableRecord("an action that this version does not know")


def _about_person(client_id: UUID, room: int, sender: int, action: str, inner: Any) -> Command:
    if action == "set_role":
        return SetRole(client_id=client_id, room=room, sender=sender, user=inner.user, role=inner.role)
    kind = {"add": AddMember, "remove": RemoveMember}[action]
    return kind(client_id=client_id, room=room, sender=sender, user=inner.user)
