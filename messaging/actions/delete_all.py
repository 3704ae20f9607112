"""All that a person has written, gone: a command a message, through the log like any deletion."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from messaging.actions import outbox
from messaging.actions.purge import held_rooms
from messaging.models import Message, ModerationAction
from messaging.wire.commands import DeleteMessage

AT_ONCE = 500


def count_of(person_id: int) -> int:
    return Message.objects.filter(sender_id=person_id, deleted_at=None).count()


def delete_all(action: ModerationAction, sender_id: int) -> int:
    """What the line of the log names, but for rooms under legal hold. Outside of any transaction: it takes several.

    Returns how many commands were written. Doing it again finds what is left.
    """
    held = held_rooms()
    if held is None or action.person_id is None:
        return 0
    written = 0
    for places in _pages(action.person_id, held):
        outbox.submit_all(
            DeleteMessage(client_id=uuid4(), room=room, sender=sender_id, seq=seq, action=action.pk)
            for room, seq in places
        )
        written += len(places)
    return written


def _pages(person_id: int, held: set[int]) -> Iterator[list[tuple[int, int]]]:
    rows = Message.objects.filter(sender_id=person_id, deleted_at=None).exclude(room_id__in=held).order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last).values_list("pk", "room_id", "seq")[:AT_ONCE]):
        last = page[-1][0]
        yield [(room, seq) for _, room, seq in page]
