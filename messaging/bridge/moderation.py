"""Taking what was said away, and giving it back: by its author, by who runs the room, or by the log of moderation."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from messaging.actions.authority import allows
from messaging.bridge.rows import MessageRow
from messaging.errors import Forbidden
from messaging.models import Membership
from messaging.wire.commands import DeleteMessage, HideMessage, RestoreMessage

if TYPE_CHECKING:
    from messaging.bridge.ledger import Ledger


def delete(ledger: Ledger, command: DeleteMessage, accepted_at: datetime) -> int:
    message = _may_delete(ledger, command)
    if message.deleted_at is None:
        message.body, message.html, message.deleted_at, message.hidden_at = "", "", ledger.facts.now, None
        message.deleted_by, message.reactions, message.previews = command.sender, None, None
        ledger.effects.revisions[message.room_id, message.seq] = []
        before, message.mentions = message.mentions, []
        ledger.touch(message)
        ledger.count(message, -1, before)
    return message.seq


def _may_delete(ledger: Ledger, command: DeleteMessage) -> MessageRow:
    if command.action:
        message = ledger.message(command.room, command.seq)
        _check_allowed(ledger, command, message)
        return message
    member = ledger.member(command)
    message = ledger.message(command.room, command.seq)
    if message.sender_id != command.sender and member.role == Membership.Role.MEMBER:
        raise Forbidden
    return message


def hide(ledger: Ledger, command: HideMessage, accepted_at: datetime) -> int:
    message = ledger.message(command.room, command.seq)
    _check_allowed(ledger, command, message)
    if message.deleted_at is None and message.hidden_at is None:
        message.hidden_at = ledger.facts.now
        ledger.touch(message)
    return message.seq


def restore(ledger: Ledger, command: RestoreMessage, accepted_at: datetime) -> int:
    message = ledger.message(command.room, command.seq)
    _check_allowed(ledger, command, message)
    if message.hidden_at is not None:
        message.hidden_at = None
        ledger.touch(message)
    return message.seq


def _check_allowed(ledger: Ledger, command: HideMessage | RestoreMessage | DeleteMessage, message: MessageRow) -> None:
    """The log of moderation allows it, or nobody does."""
    if not allows(ledger.facts.actions.get(command.action), command, message.sender_id):
        raise Forbidden
