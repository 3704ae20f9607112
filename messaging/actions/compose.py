"""From what a person wrote to the command that goes into the log. Raises a Rejection, before anything is appended."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.translation import gettext as _

from messaging.errors import Archived, Invalid, Muted, ReadOnly
from messaging.models import Membership
from messaging.selectors.standing import Standing
from messaging.wire import frames
from messaging.wire.bodies import clean_body
from messaging.wire.commands import Command, DeleteMessage, EditMessage, ReactMessage, SendMessage
from messaging.wire.emoji import EMOJI
from messaging.wire.markdown import render


def check_writable(standing: Standing) -> None:
    """Raises Archived, or Muted with the seconds that are left (none for a mute without an end)."""
    if standing.archived:
        raise Archived
    if standing.muted_until is not None and standing.muted_until > datetime.now(UTC):
        raise Muted(until=standing.muted_until)


def check_may_speak(standing: Standing) -> None:
    """Whether new words may come from here, beside what `check_writable` says. Raises ReadOnly."""
    if standing.announcements and standing.role == Membership.Role.MEMBER:
        raise ReadOnly


def compose(frame: frames.CommandFrame, sender: int) -> Command:
    """Clean and render. A long body takes milliseconds: call it off the event loop (`is_long`)."""
    match frame:
        case frames.Send():
            if frame.attachments:
                raise Invalid(_("Attachments are not available on this server."))
            body = clean_body(frame.body)
            return SendMessage(
                client_id=frame.client_id,
                room=frame.room,
                sender=sender,
                body=body,
                html=render(body),
                reply_to=frame.reply_to,
            )
        case frames.Edit():
            body = clean_body(frame.body)
            return EditMessage(
                client_id=frame.client_id,
                room=frame.room,
                sender=sender,
                seq=frame.seq,
                rev_seen=frame.rev,
                body=body,
                html=render(body),
            )
        case frames.Delete():
            return DeleteMessage(client_id=frame.client_id, room=frame.room, sender=sender, seq=frame.seq)
        case frames.React():
            if frame.on and frame.emoji not in EMOJI:
                raise Invalid("There is no such emoji here.")
            return ReactMessage(
                client_id=frame.client_id, room=frame.room, sender=sender, seq=frame.seq, emoji=frame.emoji, on=frame.on
            )
        case _:
            raise TypeError(f"{type(frame).__name__} is not composed")


LONG_BODY_CHARACTERS = 500


def is_long(frame: frames.CommandFrame) -> bool:
    """Whether rendering this would hold up the event loop."""
    return len(getattr(frame, "body", "")) > LONG_BODY_CHARACTERS
