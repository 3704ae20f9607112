"""Messages that a word filter holds back until a moderator lets them pass, or does not."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from messaging.actions import outbox
from messaging.actions.authority import stands_above
from messaging.errors import Forbidden, Handled, Invalid, NotFound
from messaging.models import Deed, HeldMessage, ModerationAction, ModerationNotice
from messaging.wire.commands import SendMessage


def release(by: User, held_id: int) -> None:
    """Send it, as its author would have. Raises NotFound, Forbidden, Handled."""
    with transaction.atomic():
        held = _decide(by, held_id, HeldMessage.State.RELEASED)
        _note(by, held, Deed.RELEASE, "")
        outbox.submit(
            SendMessage(
                client_id=held.client_id,
                room=held.room_id,
                sender=held.sender_id,
                body=held.body,
                html=held.html,
                reply_to=held.reply_to,
            )
        )


def discard(by: User, held_id: int, reason: str) -> None:
    """It is not sent, and its author is told why. Raises NotFound, Forbidden, Handled, Invalid without a reason."""
    if not reason.strip():
        raise Invalid(_("An action needs a reason."))
    with transaction.atomic():
        held = _decide(by, held_id, HeldMessage.State.DISCARDED)
        action = _note(by, held, Deed.DISCARD, reason.strip())
        ModerationNotice.objects.create(user_id=held.sender_id, action=action)


def _decide(by: User, held_id: int, state: HeldMessage.State) -> HeldMessage:
    held = HeldMessage.objects.select_for_update().filter(pk=held_id).first()
    if held is None:
        raise NotFound
    if not stands_above(by, held.sender, held.room):
        raise Forbidden
    if held.decided_by is not None:
        raise Handled(_("Already handled by %(name)s.") % {"name": held.decided_by.display_name})
    held.state, held.decided_by, held.decided_at = state, by, timezone.now()
    held.save()
    return held


def _note(by: User, held: HeldMessage, deed: Deed, reason: str) -> ModerationAction:
    return ModerationAction.objects.create(
        deed=deed, by=by, person_id=held.sender_id, room_id=held.room_id, reason=reason
    )
