from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.fields import BinaryUUIDField
from messaging.models.room import Room


class WordFilter(models.Model):
    """Words or a regular expression that messages are searched for before they are sent."""

    class Kind(models.TextChoices):
        WORDS = "words", _("words, one a line")
        REGEX = "regex", _("regular expression")

    class Action(models.TextChoices):
        REJECT = "reject", _("reject: it is not sent")
        HOLD = "hold", _("hold: nobody else sees it until a moderator lets it pass")
        HIDE = "hide", _("hide: it is sent hidden, and a case is opened")
        FLAG = "flag", _("flag: it is sent, and a case is opened")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.WORDS)
    pattern = models.TextField(_("pattern"), max_length=2000)
    action = models.CharField(_("action"), max_length=6, choices=Action, default=Action.FLAG)
    room = models.ForeignKey(
        Room, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("room"),
        help_text=_("Empty: the whole site."),
    )  # fmt: skip
    is_active = models.BooleanField(
        _("active"), default=False, help_text=_("Try it over the last 30 days first: the list has an action for that.")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("word filter")
        verbose_name_plural = _("word filters")

    def __str__(self) -> str:
        return self.name


class HeldMessage(models.Model):
    """What somebody wanted to send, and a filter holds back. Not history: it has no seq until it is let pass."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RELEASED = "released", _("let pass")
        DISCARDED = "discarded", _("discarded")

    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="held_messages", verbose_name=_("author")
    )
    room = models.ForeignKey(Room, models.PROTECT, related_name="+", verbose_name=_("room"))
    client_id = BinaryUUIDField()
    body = models.TextField(_("text"), max_length=4000)
    html = models.TextField(editable=False)
    reply_to = models.BigIntegerField(null=True, editable=False)
    filter = models.ForeignKey(WordFilter, models.PROTECT, related_name="held", verbose_name=_("filter"))
    held_at = models.DateTimeField(_("held"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("held message")
        verbose_name_plural = _("held messages")
        indexes = [models.Index(fields=["state", "id"], name="held_by_state")]

    def __str__(self) -> str:
        return f"held message {self.pk}"
