from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.room import Room
from messaging.models.sanction import barred


class MembershipQuerySet(models.QuerySet):
    def in_force(self, now: datetime | None = None) -> MembershipQuerySet:
        """Without those who have been kicked or banned and whom the bridge has yet to remove."""
        return self.exclude(barred(now=now))


class Membership(models.Model):
    """A person in a room. The bridge alone adds and removes them, but for the first members of a new room."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MODERATOR = "moderator", _("moderator")
        MEMBER = "member", _("member")

    class Level(models.TextChoices):
        """What a member wants to be told of."""

        ALL = "all", _("all messages")
        MENTIONS = "mentions", _("mentions")
        NOTHING = "nothing", _("nothing")

    room = models.ForeignKey(Room, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=9, choices=Role, default=Role.MEMBER)
    read_seq = models.BigIntegerField(default=0)
    """The read marker: this person has read up to here. It only rises."""
    last_sent_at = models.DateTimeField(null=True, editable=False)
    """`created_at` of this person's last message here; kept only while the room is in slow mode."""
    level = models.CharField(
        _("notifications"), max_length=8, choices=Level, default=Level.ALL, db_default=Level.ALL.value
    )
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="one_membership_a_person")]

    def __str__(self) -> str:
        return f"user {self.user_id} in room {self.room_id}"
