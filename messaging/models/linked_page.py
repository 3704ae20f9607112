from __future__ import annotations

from django.db import models


class LinkedPage(models.Model):
    """A message whose links are to be looked at: written with its event, gone when that was done."""

    room_id = models.BigIntegerField()
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()
    """Of the message when it was seen."""
    due_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room_id", "seq"], name="one_look_a_message")]

    def __str__(self) -> str:
        return f"links of room {self.room_id} seq {self.seq}"
