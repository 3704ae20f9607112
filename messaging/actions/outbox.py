"""Changes that start in HTTP or admin: written as a command in the same transaction, relayed to the log, decided
by the bridge like any other. Nothing here touches history or members itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from messaging import limits, tracing
from messaging.errors import REJECTIONS
from messaging.models import AppliedCommand, Message, OutboxCommand, RoomHead
from messaging.wire.commands import Command
from messaging.wire.records import encode_command

written = threading.Event()
"""Set when a row was committed by this process: the relay of the same process need not wait for its poll."""

EFFECT_POLL_S = 0.05


def submit(command: Command) -> None:
    """Write a command to the outbox."""
    submit_all([command])


def submit_all(commands: Iterable[Command]) -> None:
    """Many at once, in their order. The heads of their rooms are locked first, in the order of their ids, so that two
    of one room keep their order."""
    given = list(commands)
    with transaction.atomic():
        rooms = sorted({command.room for command in given})
        list(RoomHead.objects.select_for_update().filter(room_id__in=rooms).order_by("room_id"))
        OutboxCommand.objects.bulk_create([_row(command) for command in given])
        transaction.on_commit(written.set)


def _row(command: Command) -> OutboxCommand:
    """Its trace begins here, and takes as long as the transaction that the command is part of."""
    span = tracing.begin("chat.submit", room=command.room, command=type(command).__name__)
    if span is not None:
        transaction.on_commit(lambda: tracing.end(span))
    return OutboxCommand(
        client_id=command.client_id,
        room_id=command.room,
        sender_id=command.sender,
        record=encode_command(command),
        trace=tracing.traceparent(span),
    )


def await_effect(client_id: UUID, sender: int, within_s: float = limits.EFFECT_WAIT_S) -> int | None:
    """Wait for the bridge's decision; blocks the calling thread, never call it on an event loop.

    Returns the message's seq (0 where the command is not about one), or None while it is still on its way.
    Raises the Rejection that the bridge recorded.
    """
    deadline = time.monotonic() + within_s
    while True:
        decided = outcome(client_id, sender)
        if decided is not None or time.monotonic() >= deadline:
            return decided
        time.sleep(EFFECT_POLL_S)


def outcome(client_id: UUID, sender: int) -> int | None:
    """As `await_effect`, without waiting."""
    seq = Message.objects.filter(client_id=client_id, sender_id=sender).values_list("seq", flat=True).first()
    if seq is not None:
        return seq
    decision = AppliedCommand.objects.filter(client_id=client_id, sender_id=sender).first()
    if decision is None:
        return None
    if decision.refusal:
        raise REJECTIONS[decision.refusal]
    return decision.seq or 0
