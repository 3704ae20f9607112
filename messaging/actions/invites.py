"""Invitations by link: who makes and revokes them, and coming in by one."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from messaging import limits
from messaging.actions import outbox
from messaging.errors import Archived, Forbidden, Invalid, NotFound
from messaging.models import Invite, Membership, Room
from messaging.wire.commands import AddMember


def create_invite(actor: User, room_id: int, *, days: int | None, most_uses: int | None) -> Invite:
    """A new link; None: without an end, or for any number of people. Raises NotFound, Forbidden, Archived, Invalid."""
    room = require_inviter(actor, room_id)
    if room.archived_at is not None:
        raise Archived
    if days is not None and not 1 <= days <= limits.INVITE_DAYS_MOST:
        raise Invalid(_("An invitation lasts between 1 and %(most)d days.") % {"most": limits.INVITE_DAYS_MOST})
    if most_uses is not None and not 1 <= most_uses <= limits.INVITE_USES_MOST:
        raise Invalid(_("An invitation is for 1 to %(most)d people.") % {"most": limits.INVITE_USES_MOST})
    expires_at = None if days is None else timezone.now() + timedelta(days=days)
    token = secrets.token_urlsafe(32)
    return Invite.objects.create(token=token, room=room, created_by=actor, expires_at=expires_at, most_uses=most_uses)


def require_inviter(actor: User, room_id: int) -> Room:
    """Owners and moderators invite, and see who else has. Raises NotFound or Forbidden."""
    acting = Membership.objects.in_force().filter(room_id=room_id, user=actor).select_related("room").first()
    if acting is None:
        raise NotFound
    if acting.role == Membership.Role.MEMBER or acting.room.kind == Room.Kind.DIRECT:
        raise Forbidden
    return acting.room


def revoke_invite(actor: User, room_id: int, invite_id: int) -> None:
    """Raises NotFound or Forbidden; revoking twice is revoking once."""
    require_inviter(actor, room_id)
    mine = Invite.objects.filter(pk=invite_id, room_id=room_id)
    if not mine.exists():
        raise NotFound(_("This invitation does not work any more."))
    mine.filter(revoked_at=None).update(revoked_at=timezone.now())


def find_invite(token: str) -> Invite:
    """What a link leads to, if who made it may still bring people in. Raises NotFound."""
    invite = Invite.objects.in_force().filter(token=token).select_related("room", "created_by").first()
    if invite is None or not _may_still_invite(invite):
        raise NotFound(_("This invitation does not work any more."))
    return invite


def _may_still_invite(invite: Invite) -> bool:
    inviting = Membership.objects.in_force().filter(room_id=invite.room_id, user_id=invite.created_by_id)
    return inviting.exclude(role=Membership.Role.MEMBER).exists()


def accept_invite(user: User, token: str, client_id: UUID) -> Invite:
    """Ask to come in, in the name of who made the link; nothing for who is in. The command is theirs, not the guest's:
    wait for its effect as `invite.created_by`. Raises NotFound."""
    invite = find_invite(token)
    if Membership.objects.filter(room_id=invite.room_id, user=user).exists():
        return invite
    with transaction.atomic():
        if not Invite.objects.in_force().filter(pk=invite.pk).update(uses=F("uses") + 1):
            raise NotFound(_("This invitation does not work any more."))
        outbox.submit(AddMember(client_id=client_id, room=invite.room_id, sender=invite.created_by_id, user=user.pk))
    return invite
