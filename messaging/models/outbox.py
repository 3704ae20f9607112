from __future__ import annotations

from django.conf import settings
from django.db import models

from messaging.models.fields import BinaryUUIDField
from messaging.models.room import Room
from messaging.tracing import TRACEPARENT_CHARACTERS


class OutboxCommand(models.Model):
    """A command that started in HTTP or admin, waiting to be relayed to the log.

    Read by "not yet relayed", never by an id larger than the last one: ids are given out before they are visible.
    """

    client_id = BinaryUUIDField()
    room = models.ForeignKey(Room, models.PROTECT, related_name="+")
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    record = models.BinaryField()
    """The encoded command, exactly as it will stand in the log."""
    created_at = models.DateTimeField(auto_now_add=True)
    trace = models.CharField(max_length=TRACEPARENT_CHARACTERS, blank=True, default="", db_default="")
    """`traceparent` of the request that it started in."""
    relayed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["relayed_at", "id"], name="outbox_waiting")]

    def __str__(self) -> str:
        return f"{self.client_id} for room {self.room_id}"
