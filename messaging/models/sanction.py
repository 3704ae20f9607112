from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.room import Room


class SanctionQuerySet(models.QuerySet):
    def in_force(self, now: datetime | None = None) -> SanctionQuerySet:
        return self.filter(Q(until=None) | Q(until__gt=now or timezone.now()), lifted_at=None)

    def barring(self, now: datetime | None = None) -> SanctionQuerySet:
        """Those that keep a person out of a room."""
        return self.in_force(now).filter(kind__in=[Sanction.Kind.KICK, Sanction.Kind.BAN])


class Sanction(models.Model):
    """What a person may not do, for a while or for ever. In force at once, beside the log: web processes check it at
    every send and delivery, the bridge when it applies."""

    class Kind(models.TextChoices):
        MUTE = "mute", _("mute")
        """Reads, does not write."""
        KICK = "kick", _("kick")
        """Out of a room; ends when the bridge has removed the member, who may then join again."""
        BAN = "ban", _("ban")
        """Out of a room or of the whole site."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="sanctions", verbose_name=_("person")
    )
    room = models.ForeignKey(
        Room, models.PROTECT, related_name="sanctions", null=True, blank=True, verbose_name=_("room"),
        help_text=_("Empty: the whole site."),
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until it is lifted."))
    reason = models.CharField(_("reason"), max_length=250)
    imposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("imposed by")
    )
    imposed_at = models.DateTimeField(_("imposed"), auto_now_add=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True, editable=False)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sanction")
        verbose_name_plural = _("sanctions")
        indexes = [models.Index(fields=["user", "lifted_at", "room"], name="sanctions_in_force")]

    def __str__(self) -> str:
        place = "the site" if self.room_id is None else f"room {self.room_id}"
        return f"{self.kind} of user {self.user_id} in {place}"

    @property
    def bars_from_site(self) -> bool:
        return self.kind == Sanction.Kind.BAN and self.room_id is None


def barred(user: str = "user_id", room: str = "room_id", now: datetime | None = None) -> Exists:
    """Whether a row's person is kept out of the row's room, or of everything; `user` and `room` name its fields."""
    place = Q(room_id=OuterRef(room)) | Q(room=None)
    return Exists(Sanction.objects.barring(now).filter(place, user_id=OuterRef(user)))
