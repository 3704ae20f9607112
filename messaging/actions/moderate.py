"""Sanctions: in force at once, beside the log. Who may impose them is the caller's to check (admin's permissions)."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from messaging.actions import outbox
from messaging.actions.authority import site_rank
from messaging.errors import Forbidden, Invalid
from messaging.models import Deed, Membership, ModerationAction, Room, Sanction
from messaging.wire.commands import RemoveMember


def impose(
    by: User, user: User, kind: str, *, room: Room | None = None, until: datetime | None = None, reason: str
) -> Sanction:
    """Mute somebody, put them out of a room, or ban them. Raises Invalid, or Forbidden for oneself and above."""
    if not reason.strip():
        raise Invalid(_("A sanction needs a reason."))
    if kind == Sanction.Kind.KICK and room is None:
        raise Invalid(_("A kick is out of a room."))
    if until is not None and until <= timezone.now():
        raise Invalid(_("It would be over already."))
    rank = site_rank(user)
    if user.pk == by.pk or (rank and not by.is_superuser and rank >= site_rank(by)):
        raise Forbidden
    with transaction.atomic():
        sanction = Sanction.objects.create(
            user=user, room=room, kind=kind, until=until, reason=reason.strip(), imposed_by=by
        )
        is_out = kind != Sanction.Kind.MUTE
        if room is not None and is_out and Membership.objects.filter(room=room, user=user).exists():
            outbox.submit(RemoveMember(client_id=uuid4(), room=room.pk, sender=by.pk, user=user.pk))
    return sanction


def lift(sanction: Sanction, by: User | None = None) -> None:
    """End it. (Who was put out of a room joins again by themselves.)"""
    with transaction.atomic():
        if Sanction.objects.filter(pk=sanction.pk, lifted_at=None).update(lifted_at=timezone.now()) and by:
            note(by, Deed.LIFT, sanction)


def note(by: User, deed: Deed, sanction: Sanction) -> None:
    """A line in the log of moderation for a sanction that no case is behind."""
    ModerationAction.objects.create(
        deed=deed,
        by=by,
        person_id=sanction.user_id,
        room_id=sanction.room_id,
        sanction=sanction,
        reason=sanction.reason,
    )
