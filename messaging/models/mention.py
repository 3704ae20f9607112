from __future__ import annotations

from django.conf import settings
from django.db import models

from messaging.models.room import Room


class Mention(models.Model):
    """Somebody is named in a message by another person: what mention counts are counted from. Only the bridge writes
    it; a deleted message has none."""

    room = models.ForeignKey(Room, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "room", "seq"], name="one_mention_a_message")]
        indexes = [models.Index(fields=["room", "seq"], name="mentions_of_message")]

    def __str__(self) -> str:
        return f"user {self.user_id} in room {self.room_id} seq {self.seq}"
