from __future__ import annotations

from django.db import models


class SpooledRecord(models.Model):
    """A record that a process accepted while Kafka did not take it; relayed in order when it does.

    The ids of one owner rise in the order of its appends (one thread writes them); between owners they say nothing.
    """

    owner = models.CharField(max_length=100)
    """The process that accepted it: whoever holds the lease `spool:<owner>` may relay it."""

    topic = models.CharField(max_length=190)
    key = models.BinaryField(null=True)
    value = models.BinaryField()
    headers = models.BinaryField()
    """MessagePack: [[name, value], ...], `accepted-at` among them."""

    refusal = models.CharField(max_length=250, blank=True)
    """Why Kafka will never take it; it stays here for an operator."""

    class Meta:
        indexes = [models.Index(fields=["owner", "refusal", "id"], name="spool_waiting")]

    def __str__(self) -> str:
        return f"{self.topic} from {self.owner}"
