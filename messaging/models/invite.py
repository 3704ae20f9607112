from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.room import Room


class InviteQuerySet(models.QuerySet):
    def in_force(self) -> InviteQuerySet:
        """Neither revoked, nor over, nor used up; of rooms that are open."""
        unused = Q(most_uses=None) | Q(uses__lt=F("most_uses"))
        lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(unused, lasting, revoked_at=None, room__archived_at=None)


class Invite(models.Model):
    """A link that lets whoever has it into a room: in the name of who made it, with what they may do by then."""

    token = models.CharField(max_length=43, unique=True, editable=False)
    """What the link ends in: 256 random bits."""

    room = models.ForeignKey(Room, models.PROTECT, related_name="invites")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    most_uses = models.PositiveIntegerField(null=True)
    uses = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)

    objects = InviteQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"invitation to room {self.room_id}"
