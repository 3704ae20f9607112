from __future__ import annotations

from django.db import models

from messaging.models.room import Room


class MessageRevision(models.Model):
    """What a message said before an edit. Only the bridge writes it, with the edit; a deleted message has none."""

    room = models.ForeignKey(Room, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()
    """The `rev` under which people saw it last."""
    body = models.TextField(max_length=4000)
    html = models.TextField(editable=False)
    written_at = models.DateTimeField()
    """When it was sent, or edited to this."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "seq", "rev"], name="one_revision_a_rev")]

    def __str__(self) -> str:
        return f"room {self.room_id} seq {self.seq} as of rev {self.rev}"
