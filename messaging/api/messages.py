"""One message of a room: what it says and said, changing it, deleting it, reacting to it."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpResponse
from ninja import Router, Schema

from accounts.requests import SignedInRequest
from messaging.actions import outbox
from messaging.actions.compose import check_may_speak, check_writable, compose
from messaging.actions.filters import screen_in_thread
from messaging.api.answers import json_answer
from messaging.bridge.journey import journey_of
from messaging.errors import Forbidden, NotFound
from messaging.models import Message
from messaging.selectors import history
from messaging.selectors.standing import require_standing
from messaging.web_process import check_send_rate, log_at_hand
from messaging.wire import frames

router = Router(tags=["messages"])


class Reaction(Schema):
    emoji: str


class NewText(Schema):
    """`rev` is the one that was seen: an edit of something newer is refused."""

    body: str
    rev: int
    client_id: UUID | None = None


@router.get("/{int:room_id}/messages/{int:seq}")
def get_message(request: SignedInRequest, room_id: int, seq: int) -> HttpResponse:
    require_standing(request.user.pk, room_id)
    return json_answer(history.message_at(room_id, seq))


@router.patch("/{int:room_id}/messages/{int:seq}")
def edit_message(request: SignedInRequest, room_id: int, seq: int, new: NewText) -> HttpResponse:
    """As an `edit` frame: one's own message, within 15 minutes."""
    standing = require_standing(request.user.pk, room_id)
    check_writable(standing)
    check_may_speak(standing)
    edit = frames.Edit(client_id=new.client_id or uuid4(), room=room_id, seq=seq, body=new.body, rev=new.rev)
    return _change(request, edit)


@router.delete("/{int:room_id}/messages/{int:seq}")
def delete_message(request: SignedInRequest, room_id: int, seq: int, client_id: UUID | None = None) -> HttpResponse:
    """As a `delete` frame: one's own message, or any as an owner or moderator of the room. It answers with what is left
    of it."""
    require_standing(request.user.pk, room_id)
    return _change(request, frames.Delete(client_id=client_id or uuid4(), room=room_id, seq=seq))


@router.get("/{int:room_id}/messages/{int:seq}/history")
def list_versions(request: SignedInRequest, room_id: int, seq: int) -> HttpResponse:
    """All that a message has said, what it says now last."""
    require_standing(request.user.pk, room_id)
    return json_answer({"versions": history.versions_of(room_id, seq), "more": False})


@router.get("/{int:room_id}/messages/{int:seq}/journey")
def get_journey(request: SignedInRequest, room_id: int, seq: int) -> HttpResponse:
    """For its sender: when it was accepted, its place in the log, when it was stored and told, and who has read it.
    What the log has forgotten is null."""
    require_standing(request.user.pk, room_id)
    message = Message.objects.filter(room_id=room_id, seq=seq).first()
    if message is None:
        raise NotFound
    if message.sender_id != request.user.pk:
        raise Forbidden
    return json_answer(journey_of(message, log_at_hand()))


@router.post("/{int:room_id}/messages/{int:seq}/reactions")
def react(request: SignedInRequest, room_id: int, seq: int, reaction: Reaction) -> HttpResponse:
    """React to a message; once is as often as you like."""
    return _react(request, room_id, seq, reaction.emoji, on=True)


@router.delete("/{int:room_id}/messages/{int:seq}/reactions")
def take_back(request: SignedInRequest, room_id: int, seq: int, emoji: str) -> HttpResponse:
    return _react(request, room_id, seq, emoji, on=False)


def _react(request: SignedInRequest, room_id: int, seq: int, emoji: str, *, on: bool) -> HttpResponse:
    check_writable(require_standing(request.user.pk, room_id))
    return _change(request, frames.React(client_id=uuid4(), room=room_id, seq=seq, emoji=emoji, on=on))


def _change(request: SignedInRequest, frame: frames.Edit | frames.Delete | frames.React) -> HttpResponse:
    """200 with the message once it is changed, 202 with the command's `client_id` while that is on its way."""
    check_send_rate(request.user.pk)
    outbox.submit(screen_in_thread(compose(frame, request.user.pk)))
    if outbox.await_effect(frame.client_id, request.user.pk) is None:
        return json_answer({"client_id": frame.client_id}, 202)
    return json_answer(history.message_at(frame.room, frame.seq))
