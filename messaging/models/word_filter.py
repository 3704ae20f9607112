from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

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
    is_active = models.BooleanField(_("active"), default=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("word filter")
        verbose_name_plural = _("word filters")

    def __str__(self) -> str:
        return self.name
