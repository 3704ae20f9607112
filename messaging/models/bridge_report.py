from __future__ import annotations

from django.db import models


class BridgeReport(models.Model):
    """What a bridge last said of itself; one that has said nothing for a while is gone or stuck."""

    name = models.CharField(max_length=190, primary_key=True)
    group = models.CharField(max_length=100)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    said = models.JSONField()
    """As `messaging.bridge.report.Said` has it."""

    def __str__(self) -> str:
        return self.name
