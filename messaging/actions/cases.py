"""Deciding a case: one transaction for the line in the log, the command, the sanction, the case and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from messaging.actions import moderate, outbox
from messaging.actions.authority import check_may, site_rank
from messaging.actions.delete_all import delete_all
from messaging.errors import Handled, Invalid, NotFound
from messaging.models import Deed, ModerationAction, ModerationCase, ModerationNotice, Room, Sanction
from messaging.wire.commands import DeleteMessage, HideMessage, RestoreMessage

MUTES = {Deed.MUTE_1H: timedelta(hours=1), Deed.MUTE_24H: timedelta(hours=24), Deed.MUTE_7D: timedelta(days=7)}
AUTHOR_IS_TOLD = {Deed.HIDE, Deed.RESTORE, Deed.DELETE, Deed.DELETE_ALL, Deed.WARN, Deed.BAN_ROOM, *MUTES}
DISMISSING = {Deed.DISMISS, Deed.RESTORE}


@dataclass(frozen=True)
class Decision:
    """What was done. `told` are people with something new to read; a sanction has yet to be told to open sockets."""

    case: ModerationCase
    action: ModerationAction
    sanction: Sanction | None
    told: list[int]


def act(actor: User, case_id: int, deed: Deed, reason: str, *, seen: str | None = None) -> Decision:
    """Do something about a case. `seen` is its `mark` when the actor looked; without it the case has to be open and
    nobody else's.

    Raises NotFound, Forbidden, Invalid without a reason, Handled when somebody else was faster.
    """
    if deed != Deed.CLAIM and not reason.strip():
        raise Invalid(_("An action needs a reason."))
    with transaction.atomic():
        case = ModerationCase.objects.select_for_update().filter(pk=case_id).first()
        if case is None:
            raise NotFound
        check_may(actor, case, deed)
        _check_free(actor, case, seen)
        sanction = _impose(actor, case, deed, reason)
        action = _log(actor, case, deed, reason, sanction)
        _submit(actor, case, deed, action)
        was_open = case.state == ModerationCase.State.OPEN
        _settle(case, actor, deed)
        told = _tell(case, action, reporters_too=was_open and case.state == ModerationCase.State.DECIDED)
    return Decision(case, action, sanction, told)


def note_view(actor: User, case: ModerationCase) -> None:
    """Whoever looks at what is not public leaves a line in the log."""
    if case.room.kind != Room.Kind.PUBLIC:
        ModerationAction.objects.create(
            deed=Deed.VIEW, by=actor, case=case, person_id=case.author_id, room_id=case.room_id, seq=case.seq
        )


def mark(case: ModerationCase) -> str:
    """Changes with whatever another moderator does to the case."""
    return f"{case.state}.{case.assignee_id}.{case.decided_by_id}.{case.decided_at and case.decided_at.timestamp()}"


def _check_free(actor: User, case: ModerationCase, seen: str | None) -> None:
    """A decision may be followed by more of the one who took it, or of a lead who has seen it."""
    if site_rank(actor) >= 2 and seen == mark(case):
        return
    if case.decided_by is not None and case.decided_by_id != actor.pk:
        raise Handled(_("Already handled by %(name)s.") % {"name": case.decided_by.display_name})
    if case.decided_by is None and case.assignee is not None and case.assignee_id != actor.pk:
        raise Handled(_("%(name)s is looking after this case.") % {"name": case.assignee.display_name})


def _impose(actor: User, case: ModerationCase, deed: Deed, reason: str) -> Sanction | None:
    if deed in MUTES:
        until = timezone.now() + MUTES[deed]
        return moderate.impose(actor, case.author, Sanction.Kind.MUTE, room=case.room, until=until, reason=reason)
    if deed in (Deed.BAN_ROOM, Deed.BAN_SITE):
        room: Room | None = case.room if deed == Deed.BAN_ROOM else None
        return moderate.impose(actor, case.author, Sanction.Kind.BAN, room=room, reason=reason)
    return None


def _log(actor: User, case: ModerationCase, deed: Deed, reason: str, sanction: Sanction | None) -> ModerationAction:
    return ModerationAction.objects.create(
        deed=deed,
        by=actor,
        case=case,
        person_id=case.author_id,
        room_id=case.room_id,
        seq=case.seq,
        sanction=sanction,
        reason=reason.strip(),
    )


def _submit(actor: User, case: ModerationCase, deed: Deed, action: ModerationAction) -> None:
    """What changes the message goes through the log, like any change."""
    if deed == Deed.DISMISS and not case.is_hidden:
        return
    kinds = {Deed.HIDE: HideMessage, Deed.RESTORE: RestoreMessage, Deed.DISMISS: RestoreMessage}
    kind = DeleteMessage if deed == Deed.DELETE else kinds.get(deed)
    if deed == Deed.DELETE_ALL:
        transaction.on_commit(lambda: delete_all(action, actor.pk))
    if kind is not None:
        outbox.submit(kind(client_id=uuid4(), room=case.room_id, sender=actor.pk, seq=case.seq, action=action.pk))


def _settle(case: ModerationCase, actor: User, deed: Deed) -> None:
    if deed == Deed.CLAIM:
        case.assignee = actor
    else:
        case.state, case.decided_by, case.decided_at = ModerationCase.State.DECIDED, actor, timezone.now()
        outcomes = ModerationCase.Outcome
        case.outcome = outcomes.DISMISSED if deed in DISMISSING else outcomes.UPHELD
        if deed in DISMISSING or deed in (Deed.DELETE, Deed.DELETE_ALL):
            case.is_hidden = False
        elif deed == Deed.HIDE:
            case.is_hidden = True
    case.save()


def _tell(case: ModerationCase, action: ModerationAction, *, reporters_too: bool) -> list[int]:
    users = {case.author_id} if action.deed in AUTHOR_IS_TOLD else set()
    if reporters_too:
        users |= set(case.reports.exclude(reporter=None).values_list("reporter_id", flat=True))
    ModerationNotice.objects.bulk_create(ModerationNotice(user_id=user, action=action) for user in sorted(users))
    return sorted(users)
