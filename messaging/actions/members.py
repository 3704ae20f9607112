"""Who may put whom out of a room, give which role, or leave; and doing it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from messaging.actions import outbox
from messaging.errors import Forbidden, Invalid, LastOwner, NotFound
from messaging.models import Membership, Room, Sanction
from messaging.wire.commands import RemoveMember, SetRole


def check_may_remove(
    actor: User | None, acting: Membership | None, room: Room | None, target: Membership | None
) -> Membership:
    """Owners remove anybody but owners, moderators remove members, staff anybody. Returns who goes. Raises NotFound or
    Forbidden."""
    if room is None or target is None:
        raise NotFound(_("This person is not in the room."))
    if room.kind == Room.Kind.DIRECT:
        raise Forbidden
    if actor is not None and actor.is_active and actor.is_staff:
        return target
    if acting is None:
        raise NotFound
    if RANKS[acting.role] <= RANKS[target.role]:
        raise Forbidden
    return target


RANKS: dict[str, int] = {Membership.Role.MEMBER: 0, Membership.Role.MODERATOR: 1, Membership.Role.OWNER: 2}


def check_may_set_role(
    acting: Membership | None, room: Room | None, target: Membership | None, role: str
) -> Membership:
    """Owners give roles, to everybody in the room. (Who is the last owner, the caller checks.) Returns who gets it.
    Raises NotFound, Forbidden or Invalid."""
    if room is None or acting is None:
        raise NotFound
    if room.kind == Room.Kind.DIRECT or acting.role != Membership.Role.OWNER:
        raise Forbidden(_("Only owners give roles."))
    if target is None:
        raise NotFound(_("This person is not in the room."))
    if role not in RANKS:
        raise Invalid(_("There is no such role."))
    return target


def set_role(actor: User, room_id: int, username: str, role: str, client_id: UUID) -> bool:
    """Ask to give a member another role; False for who has it. Raises NotFound, Forbidden, Invalid or LastOwner."""
    members = Membership.objects.in_force().filter(room_id=room_id).select_related("room")
    acting = members.filter(user=actor).first()
    named = members.filter(user__username__iexact=username.strip()).first()
    target = check_may_set_role(acting, acting.room if acting else None, named, role)
    if target.role == role:
        return False
    _check_not_last_owner(target)
    outbox.submit(SetRole(client_id=client_id, room=room_id, sender=actor.pk, user=target.user_id, role=role))
    return True


def check_may_leave(user: User, room_id: int) -> None:
    """The last owner stays while there are others. Raises NotFound, Forbidden or LastOwner."""
    mine = Membership.objects.filter(room_id=room_id, user=user).select_related("room").first()
    if mine is None:
        raise NotFound
    if mine.room.kind == Room.Kind.DIRECT:
        raise Forbidden
    if Membership.objects.filter(room_id=room_id).exclude(user=user).exists():
        _check_not_last_owner(mine)


def _check_not_last_owner(member: Membership) -> None:
    owners = Membership.objects.filter(room_id=member.room_id, role=Membership.Role.OWNER)
    if member.role == Membership.Role.OWNER and not owners.exclude(pk=member.pk).exists():
        raise LastOwner


def remove_member(actor: User, room_id: int, username: str, client_id: UUID) -> int:
    """Put somebody out of a room, at once; they may join again. Returns their id. Raises NotFound or Forbidden."""
    members = Membership.objects.in_force().filter(room_id=room_id).select_related("room")
    acting = members.filter(user=actor).first()
    if acting is None and not actor.is_staff:
        raise NotFound
    named = members.filter(user__username__iexact=username.strip()).first()
    target = check_may_remove(actor, acting, Room.objects.filter(pk=room_id).first(), named)
    with transaction.atomic():
        Sanction.objects.create(
            user_id=target.user_id, room_id=room_id, kind=Sanction.Kind.KICK, reason="removed", imposed_by=actor
        )
        outbox.submit(RemoveMember(client_id=client_id, room=room_id, sender=actor.pk, user=target.user_id))
    return target.user_id
