from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging import limits


class RoomQuerySet(models.QuerySet):
    def readable_by(self, user_id: int) -> RoomQuerySet:
        """Only the rooms whose history this person may read: those they are a member of."""
        return self.filter(memberships__user_id=user_id)

    def joinable_by(self, user_id: int) -> RoomQuerySet:
        """Public rooms this person is not in yet."""
        return self.filter(kind=Room.Kind.PUBLIC, archived_at=None).exclude(memberships__user_id=user_id)


class Room(models.Model):
    class Kind(models.TextChoices):
        PUBLIC = "public", _("public")
        PRIVATE = "private", _("private")
        DIRECT = "direct", _("direct")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PUBLIC)
    name = models.CharField(_("name"), max_length=limits.ROOM_NAME_CHARACTERS, blank=True)
    topic = models.CharField(_("topic"), max_length=limits.TOPIC_CHARACTERS, blank=True)
    direct_key = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    """Sorted member ids joined by '-': one direct room for the same people."""

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    slow_mode_s = models.PositiveIntegerField(
        _("slow mode"), default=0, help_text=_("Seconds between two messages of a member; 0: none.")
    )
    announcements = models.BooleanField(
        _("announcements"), default=False, db_default=False, help_text=_("Only owners and moderators write.")
    )
    meta_version = models.BigIntegerField(default=0, editable=False)
    """Rises with every change of the room's own data; a client that sees another one fetches the room anew."""
    partition = models.PositiveIntegerField(null=True, editable=False)
    """Of the topic of commands, where rooms are pinned; null: its key decides. Never changes: order hangs on it."""

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"
