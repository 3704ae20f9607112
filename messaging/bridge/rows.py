"""Messages as the bridge holds them while it decides: plain, because building a model for each takes as long as all
the rest of its way."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Q

from messaging.models import Message, MessageRevision
from messaging.models.message import view_of
from messaging.wire.messages import MessageView


class MessageRow(msgspec.Struct):
    """The columns of a message. `pk` is 0 until it is stored."""

    room_id: int
    seq: int
    rev: int
    client_id: UUID
    sender_id: int
    fingerprint: int
    body: str
    html: str
    reply_to: int | None
    mentions: list[int]
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: int | None = None
    reactions: dict[str, list[int]] | None = None
    previews: list[dict[str, str]] | None = None
    hidden_at: datetime | None = None
    pk: int = 0

    @property
    def hidden_words(self) -> tuple[str, str]:
        """Body and html of a hidden message; of any other nothing."""
        return (self.body, self.html) if self.hidden_at else ("", "")

    def revision(self) -> MessageRevision:
        """What it says at this moment, to be kept when it is about to say something else."""
        return MessageRevision(
            room_id=self.room_id,
            seq=self.seq,
            rev=self.rev,
            body=self.body,
            html=self.html,
            written_at=self.edited_at or self.created_at,
        )

    def view(self, sender_name: str) -> MessageView:
        return view_of(self, sender_name)


def stored_rows(places: Q) -> list[MessageRow]:
    columns = MessageRow.__struct_fields__
    return [MessageRow(*row) for row in Message.objects.filter(places).values_list(*columns)]
