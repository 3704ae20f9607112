"""What a member wants to be told of in a room: theirs alone, so it goes past the log."""

from __future__ import annotations

from accounts.models import User
from messaging.errors import Invalid, NotFound
from messaging.models import Membership


def set_level(user: User, room_id: int, level: str) -> None:
    """Raises NotFound for a room one is not in, Invalid for an unknown level."""
    if level not in Membership.Level.values:
        raise Invalid
    mine = Membership.objects.in_force().filter(room_id=room_id, user=user)
    if not mine.exists():
        raise NotFound
    mine.update(level=level)
