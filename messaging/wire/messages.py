"""A message as clients see it, in frames, pages and HTTP alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from messaging.wire.commands import Preview
from messaging.wire.server_frames import Fragment

_encode = msgspec.json.Encoder().encode


class Sender(msgspec.Struct, frozen=True):
    id: int
    name: str


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """The wire's *message*. A deleted or hidden one keeps its seq and has no body and html. Times are UTC."""

    seq: int
    rev: int
    client_id: UUID
    sender: Sender
    body: str
    html: str
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: int | None = None
    hidden_at: datetime | None = None
    reply_to: int | None = None
    reactions: dict[str, list[int]] = {}
    previews: list[Preview] = []
    attachments: list[dict[str, Any]] = []
    mentions: list[int] = []
    kind: str = "text"

    def fragment(self) -> Fragment:
        return Fragment(seq=self.seq, rev=self.rev, json=_encode(self))


def encode_views(views: list[MessageView]) -> bytes:
    return _encode(views)
