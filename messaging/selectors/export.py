"""A person's or a room's data as JSON Lines: one object a line, `type` first. Read in pages; nothing is held whole."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import msgspec

from accounts.avatars import picture_at
from accounts.models import User
from accounts.selectors import blocks_of
from messaging.models import Membership, Message, Room

PAGE_ROWS = 500


def person_lines(user: User) -> Iterator[bytes]:
    """Profile and picture, rooms, blocks, and every message this person wrote (not what others wrote)."""
    yield _line("person", **_profile(user))
    if picture := picture_at(user.avatar):
        yield _line("picture", media_type="image/webp", base64=base64.b64encode(picture).decode())
    for member in Membership.objects.filter(user=user).select_related("room").order_by("room_id"):
        yield _line("membership", room=member.room_id, name=member.room.name, role=member.role, since=member.joined_at)
    for block in blocks_of(user.pk):
        yield _line("block", username=block.person.username, since=block.since)
    for message in Message.objects.filter(sender=user).order_by("pk").iterator(chunk_size=PAGE_ROWS):
        yield _message_line(message)


def room_lines(room: Room) -> Iterator[bytes]:
    """The room, its members, and its messages in the order of their seq."""
    yield _line("room", id=room.pk, name=room.name, kind=room.kind, topic=room.topic, archived_at=room.archived_at)
    for member in Membership.objects.filter(room=room).select_related("user").order_by("user_id"):
        yield _line("member", id=member.user_id, username=member.user.username, role=member.role)
    for message in Message.objects.filter(room=room).order_by("seq").iterator(chunk_size=PAGE_ROWS):
        yield _message_line(message)


def _profile(user: User) -> dict[str, Any]:
    names = ("username", "name", "email", "language", "time_zone", "date_joined")
    return {"id": user.pk, **{name: getattr(user, name) for name in names}}


def _message_line(message: Message) -> bytes:
    fields = ("seq", "client_id", "body", "reply_to", "created_at", "edited_at", "deleted_at")
    values = {name: getattr(message, name) for name in fields}
    return _line("message", room=message.room_id, sender=message.sender_id, **values)


def _line(type_: str, /, **fields: Any) -> bytes:
    return msgspec.json.encode({"type": type_, **fields}) + b"\n"
