from __future__ import annotations

from collections.abc import Mapping

from django.db.models import BigIntegerField, Case, Q, Value, When
from django.db.models.functions import Greatest

from messaging.models import Membership


def lower_read_marker(user: int, room: int, seq: int, was: int, unwritten: int = 0) -> bool:
    """Set a marker back to `seq`; False when it is above `was` by now: the person has read on elsewhere.

    `unwritten` is where the marker is already, though the database does not know yet.
    """
    mine = Membership.objects.filter(user_id=user, room_id=room, read_seq__lte=was)
    if unwritten <= seq:
        mine = mine.filter(read_seq__gt=seq)
    return mine.update(read_seq=seq) > 0


def raise_read_markers(markers: Mapping[tuple[int, int], int]) -> None:
    """Move the markers {(user, room): seq} up, in one statement; none goes down."""
    if not markers:
        return
    cases = [When(user_id=user, room_id=room, then=Value(seq)) for (user, room), seq in markers.items()]
    touched = Q()
    for user, room in markers:
        touched |= Q(user_id=user, room_id=room)
    newest = Case(*cases, default=Value(0), output_field=BigIntegerField())
    Membership.objects.filter(touched).update(read_seq=Greatest("read_seq", newest))
