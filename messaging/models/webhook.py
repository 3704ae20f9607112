from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.fields import BinaryUUIDField
from messaging.models.room import Room


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class Webhook(models.Model):
    """An address outside that is told, signed, what happens in rooms."""

    class Events(models.TextChoices):
        ALL = "all", _("everything")
        MESSAGES = "messages", _("messages")
        MEMBERS = "members", _("members")

    room = models.ForeignKey(
        Room, models.CASCADE, related_name="+", null=True, blank=True, verbose_name=_("room"),
        help_text=_("Empty: every public room."),
    )  # fmt: skip
    url = models.URLField(_("address"), max_length=500)
    secret = models.CharField(
        _("secret"), max_length=100, default=new_secret, help_text=_("Signs what is sent; the receiver has the same.")
    )
    events = models.CharField(_("events"), max_length=8, choices=Events, default=Events.ALL)
    enabled = models.BooleanField(_("enabled"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    due_at = models.DateTimeField(_("next try"), default=timezone.now, editable=False, db_index=True)
    """Its deliveries go one after another: they all wait until then, and a process that takes it moves this on."""

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event for one webhook: waiting while `done_at` is empty, then kept for a while without its words."""

    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"), db_index=False
    )
    event_id = BinaryUUIDField(_("event"))
    body = models.TextField(_("body"))
    tries = models.PositiveIntegerField(_("tries"), default=0)
    outcome = models.CharField(_("outcome"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now, db_index=True)
    done_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [models.UniqueConstraint(fields=["webhook", "event_id"], name="one_delivery_an_event")]
        indexes = [models.Index(fields=["webhook", "done_at", "id"], name="webhook_waiting")]

    def __str__(self) -> str:
        return str(self.event_id)
