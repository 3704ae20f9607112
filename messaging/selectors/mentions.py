"""Mentions that somebody has not read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, OuterRef, Subquery

from messaging.models import Membership, Mention, Message


class UnreadMention(NamedTuple):
    room: int
    room_name: str
    seq: int
    sender: str
    body: str
    at: datetime


def unread_mentions(user_id: int, since: datetime | None, most: int) -> Sequence[UnreadMention]:
    """Where this person is named, above their marker, in rooms they are in and want to be told of, after `since`; the
    oldest first."""
    mine = Membership.objects.in_force().filter(user_id=user_id, room_id=OuterRef("room_id"))
    mine = mine.exclude(level=Membership.Level.NOTHING)
    named = (
        Mention.objects.filter(user_id=user_id)
        .annotate(read=Subquery(mine.values("read_seq")[:1]))
        .filter(read__isnull=False, seq__gt=F("read"))
        .order_by("-pk")[: most * 2]
    )
    places = {(mention.room_id, mention.seq) for mention in named}
    shown = Message.objects.filter(deleted_at=None, hidden_at=None)
    rows = shown.filter(room_id__in={room for room, _ in places}, seq__in={seq for _, seq in places})
    if since is not None:
        rows = rows.filter(created_at__gt=since)
    found = [row for row in rows.select_related("room", "sender") if (row.room_id, row.seq) in places]
    found.sort(key=lambda row: (row.created_at, row.pk))
    return [
        UnreadMention(row.room_id, row.room.name or row.sender.display_name, row.seq, row.sender.display_name, row.body,
                      row.created_at)
        for row in found[-most:]
    ]  # fmt: skip
