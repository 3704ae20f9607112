from __future__ import annotations

from django.db import models


class WebReport(models.Model):
    """What a web process last said of itself; one that has said nothing for a while is gone or stuck."""

    name = models.CharField(max_length=190, primary_key=True)
    seen_at = models.DateTimeField()
    sockets = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name
