"""The only place that sends into the channel layer: one event per shard of rooms and batch, one for people.

Groups: `shard.N` carries the changes of rooms with id % CHAT_SHARDS == N; `people`, which every web process joins,
carries what concerns persons: refusals, membership, sign-out.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.conf import settings

from messaging import limits
from messaging.wire.server_frames import Fragment

ORIGIN = secrets.randbits(53) | 1
"""This process, among those that hear of an event."""

PEOPLE_GROUP = "people"
CHANGES_EVENT, PEOPLE_EVENT, TYPING_EVENT, PRESENCE_EVENT = "changes", "people", "typing", "presence"


class Count(msgspec.Struct, frozen=True, array_like=True):
    """How a message moves the counts of everybody but its sender: +1 new, -1 deleted, 0 edited; `named` and `unnamed`
    are the people it mentions from now on, or does no longer."""

    seq: int
    rev: int
    sender: int
    delta: int
    named: list[int] = []
    unnamed: list[int] = []


class RoomChange(msgspec.Struct, frozen=True, array_like=True):
    """What a batch did to one room: from rev `after` to `rev`. `fragments` are in seq order."""

    room: int
    after: int
    rev: int
    seq: int
    meta: int
    members_version: int
    fragments: list[Fragment]
    counts: list[Count]
    traces: list[str] = []
    """`traceparent` of what led to it, where that is traced."""


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """The bridge's own, final refusal of a command that had been accepted."""

    user: int
    client_id: UUID
    code: str


class MembershipChange(msgspec.Struct, frozen=True, array_like=True):
    room: int
    user: int


class ReadMarker(msgspec.Struct, frozen=True, array_like=True):
    """`was` is set where somebody went back: from that marker, if it is still theirs, to `seq`."""

    user: int
    room: int
    seq: int
    was: int | None = None


class Pressure(msgspec.Struct, frozen=True, array_like=True):
    """How a bridge keeps up: how long what waits will take, and records a second that come in and are applied."""

    bridge: str
    backlog_s: float
    arriving: float
    applied: float


class PeopleNews(msgspec.Struct, array_like=True):
    refusals: list[Refusal] = []
    memberships: list[MembershipChange] = []
    signed_out: list[str] = []
    """Session keys, hashed by `session_name`."""
    reads: list[ReadMarker] = []
    banned: list[int] = []
    """People who may not be here at all any more."""
    rooms: list[int] = []
    """Rooms whose own data changed: name, topic, slow mode, archive."""

    pressure: list[Pressure] = []

    origin: int = 0
    """ORIGIN of a process that has told its own sockets of `reads` already."""

    notified: list[int] = []
    """People for whom there is news from the moderators."""

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__struct_fields__ if name != "origin")


class TypingNow(msgspec.Struct, frozen=True, array_like=True):
    room: int
    user: int
    name: str


class PresenceNews(msgspec.Struct, frozen=True, array_like=True):
    """How people are in the process `origin`: 2 active, 1 idle, 0 not there. `is_all`: nobody else is; `asks`: this
    process has just started, and wants to hear of all others."""

    origin: int
    states: dict[int, int] = {}
    is_all: bool = False
    asks: bool = False


Event = list[RoomChange] | PeopleNews | TypingNow | PresenceNews

_pack = msgspec.msgpack.Encoder().encode
_unpack: dict[str, Callable[[bytes], Any]] = {
    CHANGES_EVENT: msgspec.msgpack.Decoder(list[RoomChange]).decode,
    PEOPLE_EVENT: msgspec.msgpack.Decoder(PeopleNews).decode,
    TYPING_EVENT: msgspec.msgpack.Decoder(TypingNow).decode,
    PRESENCE_EVENT: msgspec.msgpack.Decoder(PresenceNews).decode,
}


def shards() -> int:
    return int(settings.CHAT_SHARDS)


def shard_of(room: int) -> int:
    return room % shards()


def shard_group(shard: int) -> str:
    return f"shard.{shard}"


def session_name(session_key: str) -> str:
    """How a session is called outside its own cookie: nobody can sign in with it."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


async def announce(changes: Iterable[RoomChange], people: PeopleNews | None = None) -> None:
    """Tell every web process. Raises whatever the channel layer raises; the caller bounds the time."""
    by_shard: dict[int, list[RoomChange]] = defaultdict(list)
    for change in changes:
        by_shard[shard_of(change.room)].append(change)
    if people:
        await _group_send(PEOPLE_GROUP, PEOPLE_EVENT, people)
    for shard, batch in by_shard.items():
        await _group_send(shard_group(shard), CHANGES_EVENT, batch)


async def announce_in_time(changes: Iterable[RoomChange], people: PeopleNews | None = None) -> None:
    """`announce`, at most ANNOUNCE_S. Raises TimeoutError beyond."""
    await asyncio.wait_for(announce(changes, people), limits.ANNOUNCE_S)


async def announce_typing(typing: TypingNow) -> None:
    await _group_send(shard_group(shard_of(typing.room)), TYPING_EVENT, typing)


async def announce_presence(news: PresenceNews) -> None:
    """At most ANNOUNCE_S; raises TimeoutError beyond, or what the layer raises."""
    await asyncio.wait_for(_group_send(PEOPLE_GROUP, PRESENCE_EVENT, news), limits.ANNOUNCE_S)


def layer() -> BaseChannelLayer:
    """The channel layer that is configured; there always is one."""
    found = get_channel_layer()
    if found is None:
        raise RuntimeError("CHANNEL_LAYERS has no default")
    return found


async def _group_send(group: str, kind: str, content: Any) -> None:
    await layer().group_send(group, {"type": kind, "data": _pack(content)})


def read_event(event: dict[str, Any]) -> Event:
    """The typed content of an event received from the layer."""
    return _unpack[event["type"]](event["data"])


_home_loop: asyncio.AbstractEventLoop | None = None


def set_home_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Name the loop whose thread owns this process' channel layer (the in-memory layer is not thread-safe)."""
    global _home_loop
    _home_loop = loop


def announce_from_thread(changes: Iterable[RoomChange], people: PeopleNews | None = None) -> None:
    """`announce` from code that is not on the event loop; at most ANNOUNCE_S, raising TimeoutError beyond."""
    if _home_loop is not None and _home_loop.is_running():
        asyncio.run_coroutine_threadsafe(announce_in_time(changes, people), _home_loop).result()
    else:
        async_to_sync(announce_in_time)(changes, people)
