"""Who may moderate what: never oneself, never somebody of the same rank or above."""

from __future__ import annotations

from accounts.models import User
from messaging.actions.members import RANKS
from messaging.errors import Forbidden
from messaging.models import Deed, Membership, ModerationAction, ModerationCase, Room
from messaging.wire.commands import Command, DeleteMessage, HideMessage, RestoreMessage

MODERATE, LEAD = "messaging.moderate", "messaging.lead_moderation"

ROOM_DEEDS = frozenset(
    {
        Deed.CLAIM, Deed.DISMISS, Deed.HIDE, Deed.RESTORE, Deed.DELETE, Deed.WARN, Deed.MUTE_1H, Deed.MUTE_24H,
        Deed.MUTE_7D, Deed.BAN_ROOM,
    }
)  # fmt: skip
"""What owners and moderators of a room may do about a case there."""

SITE_DEEDS = ROOM_DEEDS | {Deed.BAN_SITE}
"""What moderators of the site may do about a case."""


LEAD_DEEDS = SITE_DEEDS | {Deed.DELETE_ALL}


def site_rank(user: User) -> int:
    """3 for superusers, 2 for leads, 1 for moderators of the site, 0 for everybody else."""
    if not user.is_active:
        return 0
    return 3 if user.is_superuser else 2 if user.has_perm(LEAD) else 1 if user.has_perm(MODERATE) else 0


def stands_above(actor: User, author: User, room: Room) -> bool:
    """Whether this person may decide about what that one wrote here: on the site, or as the room's moderator."""
    if actor.pk == author.pk:
        return False
    rank, above = site_rank(actor), site_rank(author)
    return rank > above or rank == 3 if rank else not above and _outranks(actor, author, room)


def deeds_of(actor: User, case: ModerationCase) -> frozenset[Deed]:
    """What this person may do about this case; nothing about a message of their own, or of somebody above them."""
    if not stands_above(actor, case.author, case.room):
        return frozenset()
    rank = site_rank(actor)
    deeds = LEAD_DEEDS if rank >= 2 else SITE_DEEDS if rank else ROOM_DEEDS
    return deeds - {Deed.BAN_ROOM} if case.room.kind == Room.Kind.DIRECT else deeds


def check_may(actor: User, case: ModerationCase, deed: Deed) -> None:
    """Raises Forbidden."""
    if deed not in deeds_of(actor, case):
        raise Forbidden


def moderated_rooms(user: User) -> list[int]:
    """Rooms whose cases this person may decide as their owner or moderator."""
    mine = Membership.objects.in_force().filter(user=user).exclude(role=Membership.Role.MEMBER)
    return list(mine.exclude(room__kind=Room.Kind.DIRECT).values_list("room_id", flat=True))


def _outranks(actor: User, author: User, room: Room) -> bool:
    if room.kind == Room.Kind.DIRECT:
        return False
    members = Membership.objects.in_force().filter(room=room, user__in=[actor.pk, author.pk])
    roles = {member.user_id: RANKS[member.role] for member in members}
    return roles.get(actor.pk, 0) > roles.get(author.pk, 0)


ALLOWING: dict[type[Command], set[Deed]] = {
    HideMessage: {Deed.HIDE},
    RestoreMessage: {Deed.RESTORE, Deed.DISMISS},
    DeleteMessage: {Deed.DELETE, Deed.DELETE_ALL},
}


def allows(action: ModerationAction | None, command: HideMessage | RestoreMessage | DeleteMessage, author: int) -> bool:
    """Whether a line of the log of moderation stands behind this command: about this message, or all of its author."""
    if action is None or action.deed not in ALLOWING[type(command)]:
        return False
    if action.deed == Deed.DELETE_ALL:
        return action.person_id == author
    return (action.room_id, action.seq) == (command.room, command.seq)
