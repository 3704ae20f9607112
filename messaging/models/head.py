from __future__ import annotations

from django.db import models

from messaging.models.room import Room


class RoomHead(models.Model):
    """The counters of a room. Only the bridge writes this table: a form that saved a whole row would set them back."""

    room = models.OneToOneField(Room, models.PROTECT, primary_key=True, related_name="head")
    seq = models.BigIntegerField(default=0)
    """Messages so far; gapless, in commit order."""
    rev = models.BigIntegerField(default=0)
    """Changes to message rows so far."""
    members_version = models.BigIntegerField(default=0)
    floor_seq = models.BigIntegerField(default=0)
    """History up to here has been purged."""
    last_message_at = models.DateTimeField(null=True)
    """`created_at` of message `seq`: the next one is never earlier."""

    def __str__(self) -> str:
        return f"room {self.room_id}: seq {self.seq}, rev {self.rev}"
