from __future__ import annotations

from django.conf import settings
from django.db import models


class MentionDigest(models.Model):
    """A mail about mentions that somebody may not have seen: when it is due, and up to when the last one told."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="+")
    due_at = models.DateTimeField(null=True, db_index=True)
    mailed_at = models.DateTimeField(null=True)
    """Mentions up to here are told; they are not told again."""

    def __str__(self) -> str:
        return f"digest for user {self.user_id}"
