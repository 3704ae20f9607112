"""A message's journey: accepted, taken by the log, stored, told, read. Looked up where it left its traces: nothing is
kept for it, and what retention has taken from the log is not known any more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

import msgspec

from messaging.bridge.generations import names_of_commands
from messaging.bridge.topics import EVENTS
from messaging.log.port import Log, LogUnavailable, Record
from messaging.models import Membership, Message
from messaging.selectors.company import readers_of
from messaging.wire.events import decode_event, stored_ms
from messaging.wire.records import UndecodableRecord, decode_command, record_key

logger = logging.getLogger(__name__)

EARLIER_MS = 10_000
"""By how much a clock may have been behind the one that gave the message its time."""


class Place(msgspec.Struct, frozen=True):
    """A record in the log, and when the log took it."""

    topic: str
    partition: int
    offset: int
    at: datetime

    @classmethod
    def of(cls, record: Record) -> Self:
        return cls(*record.partition, record.offset, _time(record.timestamp_ms))


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """`log`: its command; `told`: the event by which every other part heard of it, at the moment at which sockets did.
    Both are null when the log does not have them any more, or is away (`log_is_away`)."""

    room: int
    seq: int
    accepted_at: datetime
    log: Place | None = None
    log_is_away: bool = False
    stored_at: datetime | None = None
    told: Place | None = None
    others: int
    """Members beside its sender."""
    read: int
    """How many of them have read as far: what a socket was sent is confirmed by its person's marker."""
    readers: list[int]
    """Ids of those among them who share what they have read, in a small room."""


def journey_of(message: Message, log: Log | None) -> Journey:
    """`log`: None when it is not at hand. Blocks for ten seconds or so when the log is slow or the record far away."""
    others = Membership.objects.in_force().filter(room_id=message.room_id).exclude(user_id=message.sender_id)
    markers = readers_of([message.room_id]).get(message.room_id, {})
    readers = [user for user, seq in markers.items() if seq >= message.seq and user != message.sender_id]
    known = Journey(
        room=message.room_id,
        seq=message.seq,
        accepted_at=message.created_at,
        others=others.count(),
        read=others.filter(read_seq__gte=message.seq).count(),
        readers=sorted(readers),
    )
    try:
        if log is not None:
            return _with_the_log(known, message, log)
    except LogUnavailable as error:
        logger.info("a journey is not known: %s", error)
    return msgspec.structs.replace(known, log_is_away=True)


def _with_the_log(known: Journey, message: Message, log: Log) -> Journey:
    key = record_key(message.room_id)
    since_ms = int(message.created_at.timestamp() * 1000) - EARLIER_MS
    topics = reversed(names_of_commands())
    looks = (log.find(topic, key, since_ms, _is_command_of(message)) for topic in topics)
    command = next((found for found in looks if found is not None), None)
    told = log.find(EVENTS, key, since_ms if command is None else command.timestamp_ms, _tells_of(message))
    stored = None if told is None else stored_ms(told.headers)
    return msgspec.structs.replace(
        known,
        accepted_at=known.accepted_at if command is None else _time(command.accepted_ms),
        log=None if command is None else Place.of(command),
        stored_at=None if stored is None else _time(stored),
        told=None if told is None else Place.of(told),
    )


def _is_command_of(message: Message) -> Callable[[Record], bool]:
    def is_it(record: Record) -> bool:
        try:
            command = decode_command(record.value, record.key)
        except UndecodableRecord:
            return False
        return (command.client_id, command.sender) == (message.client_id, message.sender_id)

    return is_it


def _tells_of(message: Message) -> Callable[[Record], bool]:
    def is_it(record: Record) -> bool:
        try:
            event = decode_event(record.value)
        except UndecodableRecord:
            return False
        return event.seq >= message.seq and any(fact.view().seq == message.seq for fact in event.messages)

    return is_it


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
