"""What happened, as records of `chat.events`: facts for other services (schema in records.proto)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from google.protobuf.message import DecodeError

from messaging.wire import records_pb2
from messaging.wire.messages import MessageView
from messaging.wire.records import SCHEMA_HEADER, UndecodableRecord

EVENT_HEADERS = ((SCHEMA_HEADER, b"chatsite.v1.RoomEvent"),)
STORED_AT = "stored-at"
"""Header of an event: when its batch was stored, milliseconds since 1970, UTC, decimal. Not in those told again."""

EVENT_BYTES = 131_072
"""Above this an event is cut into pieces, each at least one message."""

_decode_view = msgspec.json.Decoder(MessageView).decode


class MessageFact(msgspec.Struct, frozen=True):
    """A message as it is now: `json` as in frames, and apart from it what a hidden one says."""

    rev: int
    json: bytes
    fingerprint: int
    hidden_words: tuple[str, str] = ("", "")
    """body, html"""

    def view(self) -> MessageView:
        return _decode_view(self.json)


class MemberFact(msgspec.Struct, frozen=True):
    """`role` is empty for somebody who is not a member any more."""

    user: int
    role: str
    read: int = 0
    """Their marker at that time; markers move beside the log."""


class RoomFact(msgspec.Struct, frozen=True):
    """A room as it was then: its settings change beside the log, and are told with what happens next in it."""

    kind: str
    name: str
    topic: str
    meta: int
    archived: bool = False
    slow_mode_s: int = 0
    announcements: bool = False


class RoomEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What brought a room from rev `after` to `rev`. Applying the events of a room in order makes it anew."""

    room: int
    after: int
    rev: int
    seq: int
    members_version: int
    about: RoomFact
    messages: Sequence[MessageFact] = ()
    """By rev."""
    members: Sequence[MemberFact] = ()


def encode_event(event: RoomEvent) -> list[bytes]:
    """The values of one or more records: a long change is cut, in `rev` order, into a gapless chain."""
    groups = list(_groups(event.messages)) or [[]]
    values, after = [], event.after
    for number, group in enumerate(groups, 1):
        is_last = number == len(groups)
        rev = event.rev if is_last else group[-1].rev
        members = event.members if is_last else ()
        values.append(_piece(event, after, rev, group, members))
        after = rev
    return values


def _groups(messages: Sequence[MessageFact]) -> Iterator[list[MessageFact]]:
    group: list[MessageFact] = []
    size = 0
    for message in messages:
        if group and size + len(message.json) > EVENT_BYTES:
            yield group
            group, size = [], 0
        group.append(message)
        size += len(message.json)
    if group:
        yield group


def _piece(
    event: RoomEvent, after: int, rev: int, messages: Sequence[MessageFact], members: Sequence[MemberFact]
) -> bytes:
    return records_pb2.RoomEvent(
        room=event.room,
        after=after,
        rev=rev,
        seq=event.seq,
        members_version=event.members_version,
        about=records_pb2.RoomFact(**msgspec.structs.asdict(event.about)),
        messages=[_record_of(one) for one in messages],
        members=[records_pb2.MemberFact(user=one.user, role=one.role, read=one.read) for one in members],
    ).SerializeToString()


def _record_of(fact: MessageFact) -> records_pb2.MessageFact:
    record = records_pb2.MessageFact()
    record.json, record.fingerprint = fact.json, fact.fingerprint  # (half of the time of naming them above)
    if fact.hidden_words != ("", ""):
        record.hidden_body, record.hidden_html = fact.hidden_words
    return record


def stored_ms(headers: Iterable[tuple[str, bytes]]) -> int | None:
    """What STORED_AT says, if it is there."""
    return next((int(value) for name, value in headers if name == STORED_AT and value.isdigit()), None)


def decode_event(value: bytes) -> RoomEvent:
    """Read one record of `chat.events`. Raises UndecodableRecord."""
    try:
        record = records_pb2.RoomEvent.FromString(value)
        messages = [
            MessageFact(_decode_view(one.json).rev, one.json, one.fingerprint, (one.hidden_body, one.hidden_html))
            for one in record.messages
        ]
    except (DecodeError, msgspec.DecodeError) as error:
        raise UndecodableRecord("not a chatsite.v1.RoomEvent") from error
    return RoomEvent(
        room=record.room,
        after=record.after,
        rev=record.rev,
        seq=record.seq,
        members_version=record.members_version,
        about=RoomFact(**{name: getattr(record.about, name) for name in RoomFact.__struct_fields__}),
        messages=messages,
        members=[MemberFact(one.user, one.role, one.read) for one in record.members],
    )
