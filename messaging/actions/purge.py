"""Old messages go, in small transactions that hold no room up. What stays is that they were: their seq and the trace of
their commands, so that a re-send stores nothing and the audit finds no loss."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from messaging.models import (
    AppliedCommand,
    Deed,
    Membership,
    Mention,
    Message,
    MessageRevision,
    ModerationAction,
    ModerationCase,
    Report,
    RetentionRule,
    Room,
    RoomHead,
)
from messaging.wire.commands import CommandKind

BATCH_MESSAGES = 500


@dataclass(frozen=True)
class Due:
    """Of this room the messages above `floor` up to `until` (seq) are older than its rule allows."""

    room: int
    floor: int
    until: int

    @property
    def count(self) -> int:
        return self.until - self.floor


def due_rooms(now: datetime | None = None) -> Iterator[Due]:
    """What a purge would take now; nothing under legal hold."""
    rules = {rule.room_id: rule for rule in RetentionRule.objects.all()}
    site = rules.pop(None, None)
    if site is not None and site.legal_hold:
        return
    for room_id in Room.objects.order_by("pk").values_list("pk", flat=True):
        rule = rules.get(room_id, site)
        if rule is None or rule.legal_hold or rule.days is None:
            continue
        due = _due(room_id, (now or timezone.now()) - timedelta(days=rule.days))
        if due.count > 0:
            yield due


def held_rooms() -> set[int] | None:
    """Rooms under legal hold; None: all of them."""
    held = set(RetentionRule.objects.filter(legal_hold=True).values_list("room_id", flat=True))
    return None if None in held else {room for room in held if room is not None}


def _due(room_id: int, before: datetime) -> Due:
    """By bisection: a room's times rise with its seq."""
    head = RoomHead.objects.get(room_id=room_id)
    low, high = head.floor_seq, head.seq
    while low < high:
        middle = (low + high + 1) // 2
        at = Message.objects.filter(room_id=room_id, seq=middle).values_list("created_at", flat=True).first()
        if at is None or at < before:
            low = middle
        else:
            high = middle - 1
    return Due(room_id, head.floor_seq, low)


def purge(due: Due, batch: int = BATCH_MESSAGES) -> int:
    """Take a room's old messages away; after each batch it rests for as long as that took. Returns how many went."""
    gone, floor = 0, due.floor
    while floor < due.until:
        started = time.monotonic()
        upper = min(floor + batch, due.until)
        gone += _take_away(due.room, floor, upper)
        floor = upper
        time.sleep(time.monotonic() - started)
    ModerationAction.objects.create(
        deed=Deed.PURGE, room_id=due.room, seq=due.until, reason=f"{gone} messages, up to seq {due.until}"
    )
    return gone


def _take_away(room_id: int, floor: int, upper: int) -> int:
    """In one transaction: rows, what they said before, whom they named; markers and the floor follow."""
    place = {"room_id": room_id, "seq__gt": floor, "seq__lte": upper}
    with transaction.atomic():
        # The head first, as the bridge does: two that meet in a room wait for each other instead of dying of it.
        RoomHead.objects.filter(room_id=room_id, floor_seq__lt=upper).update(floor_seq=upper)
        rows = Message.objects.filter(**place).values_list("client_id", "sender_id", "fingerprint", "seq")
        traces = [_trace(room_id, *row) for row in rows]
        AppliedCommand.objects.bulk_create(traces)
        for model in (Mention, MessageRevision, Message):
            model.objects.filter(**place).delete()
        decided = ModerationCase.objects.filter(**place, state=ModerationCase.State.DECIDED)
        Report.objects.filter(case__in=decided).update(body="", comment="")
        Membership.objects.filter(room_id=room_id, read_seq__lt=upper).update(read_seq=upper)
    return len(traces)


def _trace(room_id: int, client_id: object, sender_id: int, fingerprint: int, seq: int) -> AppliedCommand:
    return AppliedCommand(
        client_id=client_id,
        sender_id=sender_id,
        room_id=room_id,
        kind=CommandKind.SEND,
        fingerprint=fingerprint,
        seq=seq,
        refusal="",
    )
