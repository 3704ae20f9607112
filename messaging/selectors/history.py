"""A room's messages: pages of it, and what changed since a `rev`. The caller has authorised the reader.

The room's `rev` is always read before the rows: rows may be newer than it says, never older.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db.models import QuerySet

from messaging import limits
from messaging.errors import NotFound
from messaging.models import Message, MessageRevision, RoomHead
from messaging.wire.messages import MessageView
from messaging.wire.server_frames import pieces


class Page(msgspec.Struct, frozen=True):
    """`messages` in seq order; `more`: there are further ones in the direction asked for."""

    room: int
    rev: int
    messages: list[MessageView]
    more: bool


class Version(msgspec.Struct, frozen=True):
    """What a message said from `written_at` on."""

    body: str
    html: str
    written_at: datetime


class Changes(msgspec.Struct, frozen=True):
    """How a client that holds `after` gets to `rev`. With `reset` it forgets what it holds first."""

    room: int
    after: int
    rev: int
    meta: int
    reset: bool
    messages: list[MessageView]

    def frames(self) -> list[bytes]:
        fragments = [view.fragment() for view in self.messages]
        return pieces(self.room, self.after, self.rev, self.meta, fragments, reset=self.reset)


def newest_page(room_id: int, limit: int = limits.PAGE_MESSAGES) -> Page:
    return page_before(room_id, None, limit)


def page_before(room_id: int, before: int | None, limit: int = limits.PAGE_MESSAGES) -> Page:
    """The `limit` messages before seq `before` (exclusive), or the newest."""
    rev = _rev(room_id)
    if before is None:
        rows = _newest_of(room_id)
    else:
        rows = _rows_of(room_id).filter(seq__lt=before).order_by("-room_id", "-seq")
    found = list(rows[: limit + 1])
    return _page(room_id, rev, found[:limit][::-1], len(found) > limit)


def page_after(room_id: int, after: int, limit: int = limits.PAGE_MESSAGES) -> Page:
    """The `limit` messages after seq `after` (exclusive)."""
    rev = _rev(room_id)
    rows = _rows_of(room_id).filter(seq__gt=after).order_by("room_id", "seq")
    found = list(rows[: limit + 1])
    return _page(room_id, rev, found[:limit], len(found) > limit)


def page_around(room_id: int, seq: int, limit: int = limits.PAGE_MESSAGES) -> Page:
    """About half of `limit` before `seq`, the rest from it on; `more` speaks of older ones."""
    older = page_before(room_id, seq, limit // 2)
    newer = page_after(room_id, seq - 1, limit - len(older.messages))
    return Page(room_id, older.rev, older.messages + newer.messages, older.more)


def message_at(room_id: int, seq: int) -> MessageView:
    row = Message.objects.filter(room_id=room_id, seq=seq).select_related("sender").first()
    if row is None:
        raise NotFound
    return row.view(row.sender.display_name)


def versions_of(room_id: int, seq: int) -> list[Version]:
    """All that a message has said, what it says now last. Raises NotFound, also for a deleted or hidden one."""
    row = Message.objects.filter(room_id=room_id, seq=seq, deleted_at=None, hidden_at=None).first()
    if row is None:
        raise NotFound
    before = MessageRevision.objects.filter(room_id=room_id, seq=seq, rev__lt=row.rev).order_by("rev")
    found = [Version(one.body, one.html, one.written_at) for one in before]
    return [*found, Version(row.body, row.html, row.edited_at or row.created_at)]


def changes_after(room_id: int, after: int | None) -> Changes:
    """What a client at `after` is missing; None, too far behind or ahead of the room: the newest page and `reset`."""
    head = RoomHead.objects.filter(room_id=room_id).values_list("rev", "room__meta_version").first()
    if head is None:
        raise NotFound
    rev, meta = head
    if after is not None and after <= rev:
        rows = _rows_of(room_id).filter(rev__gt=after, rev__lte=rev).order_by("room_id", "rev")
        found = list(rows[: limits.CHANGES_MOST + 1])
        if len(found) <= limits.CHANGES_MOST:
            return Changes(room_id, after, rev, meta, False, _views(found))
    found = list(_newest_of(room_id)[: limits.PAGE_MESSAGES])
    return Changes(room_id, 0, rev, meta, True, _views(found))


def changes_and_members_version(room_id: int, after: int | None) -> tuple[Changes, int]:
    """`changes_after`, and the version of the members read after it: with a newer one watchers are checked first."""
    changes = changes_after(room_id, after)
    return changes, RoomHead.objects.values_list("members_version", flat=True).get(room_id=room_id)


def _newest_of(room_id: int) -> QuerySet[Message]:
    return Message.objects.filter(room_id=room_id).order_by("-seq").prefetch_related("sender")


def _rows_of(room_id: int) -> QuerySet[Message]:
    """Messages of a room, to be bounded, and ordered by `room_id` first: any page is a short range of an index then.

    MariaDB takes `room_id = x` for a reason to read the room from its end to the page, and a join to a short table of
    people for one to sort all of it: both cost seconds, deep in a large room.
    """
    return Message.objects.filter(room_id__gte=room_id, room_id__lte=room_id).prefetch_related("sender")


def _rev(room_id: int) -> int:
    rev = RoomHead.objects.filter(room_id=room_id).values_list("rev", flat=True).first()
    if rev is None:
        raise NotFound
    return rev


def _page(room_id: int, rev: int, rows: Sequence[Message], more: bool) -> Page:
    return Page(room_id, rev, _views(rows), more)


def _views(rows: Sequence[Message]) -> list[MessageView]:
    return [row.view(row.sender.display_name) for row in rows]
