from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.tracing import TRACEPARENT_CHARACTERS


class DeadLetter(models.Model):
    """A record that could not be applied: written in the transaction that moved the partition on without it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        REPLAY = "replay", _("to be replayed")
        """Asked for; the relay puts it into the log again."""
        REPLAYED = "replayed", _("replayed")
        DISCARDED = "discarded", _("discarded")

    group = models.CharField(_("group"), max_length=100)
    topic = models.CharField(_("topic"), max_length=190)
    partition = models.PositiveIntegerField(_("partition"))
    offset = models.BigIntegerField(_("offset"))
    key = models.BinaryField(null=True)
    value = models.BinaryField()
    accepted_ms = models.BigIntegerField()
    """When it was accepted: a replay keeps that time."""
    reason = models.CharField(_("reason"), max_length=500)
    trace = models.CharField(max_length=TRACEPARENT_CHARACTERS, blank=True, default="", db_default="")
    """`traceparent` of the record: a replay goes on in its trace."""
    appeared_at = models.DateTimeField(_("put aside"), auto_now_add=True)
    tries = models.PositiveIntegerField(_("tries"), default=1)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("decided by")
    )
    """Who replayed or discarded it; empty for an operator at the command line."""
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        constraints = [
            models.UniqueConstraint(fields=["group", "topic", "partition", "offset"], name="one_letter_a_record")
        ]
        indexes = [models.Index(fields=["state", "id"], name="letters_by_state")]

    def __str__(self) -> str:
        return self.origin

    @property
    def origin(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def original_key(self) -> bytes | None:
        return None if self.key is None else bytes(self.key)
