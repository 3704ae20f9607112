from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.room import Room


class RetentionRule(models.Model):
    """How long messages are kept, of a room or of every room that has no rule of its own."""

    room = models.OneToOneField(
        Room, models.PROTECT, related_name="retention", null=True, blank=True, verbose_name=_("room"),
        help_text=_("Empty: the whole site."),
    )  # fmt: skip
    days = models.PositiveIntegerField(
        _("days"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Empty: for ever.")
    )
    legal_hold = models.BooleanField(
        _("legal hold"), default=False, help_text=_("Nothing is purged here, whatever the days say.")
    )
    note = models.CharField(_("note"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")

    def __str__(self) -> str:
        return "the site" if self.room_id is None else f"room {self.room_id}"

    def clean(self) -> None:
        """One rule a room is the database's to hold up; one for the site is ours, for NULL is never equal to NULL."""
        super().clean()
        if self.room_id is None and RetentionRule.objects.filter(room=None).exclude(pk=self.pk).exists():
            raise ValidationError(_("There is a rule for the whole site already."))
