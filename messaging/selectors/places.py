"""The partition a room was given when it was created. It never changes, so that a process asks once."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import connection

from messaging.models import Room

KNOWN_MOST = 100_000
_known: dict[int, int | None] = {}


def new_place() -> int | None:
    """A partition for a new room, any of them; None where keys decide."""
    return secrets.randbelow(settings.CHAT_LOG["PARTITIONS"]) if settings.CHAT_ROOMS_PINNED else None


def remember(room: int, place: int | None) -> None:
    """Who is about to write in a room that was read anyway needs no database for its place."""
    if settings.CHAT_ROOMS_PINNED:
        _remember(room, place)


def _remember(room: int, place: int | None) -> None:
    if room not in _known and len(_known) >= KNOWN_MOST:
        _known.pop(next(iter(_known)), None)
    _known[room] = place


def place_of(key: bytes) -> int | None:
    """Of the room with this key in the log; None: it was never given one. For threads of their own: the connection is
    let go. Raises django.db.Error."""
    if not key.isdigit():
        return None
    room = int(key)
    if room in _known:
        return _known[room]
    try:
        for (place,) in Room.objects.filter(pk=room).values_list("partition")[:1]:
            _remember(room, place)
            return place
        return None
    finally:
        if not connection.in_atomic_block:
            connection.close()


def pins_are_ignored() -> bool:
    """Rooms were pinned, and the settings do not say so any more: they would lose their order."""
    return not settings.CHAT_ROOMS_PINNED and Room.objects.filter(partition__isnull=False).exists()
