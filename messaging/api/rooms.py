"""Rooms, their messages and their changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal
from uuid import UUID, uuid4

from django.http import HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.requests import SignedInRequest
from messaging import limits
from messaging.actions import directs, outbox, rooms
from messaging.actions.compose import check_may_speak, check_writable, compose
from messaging.actions.filters import screen_in_thread
from messaging.actions.levels import set_level
from messaging.actions.members import remove_member as remove
from messaging.actions.members import set_role as give_role
from messaging.api.answers import answer_when_done, json_answer
from messaging.errors import Invalid
from messaging.live.notify import tell_members, tell_room_changed
from messaging.selectors import history
from messaging.selectors.standing import joinable_rooms, members_of, require_standing, standings
from messaging.web_process import check_send_rate
from messaging.wire import frames

router = Router(tags=["rooms"])

Seq = Annotated[int, Field(ge=0, le=limits.MAX_INTEGER)]


class NewRoom(Schema):
    name: str
    kind: Literal["public", "private"] = "public"
    topic: str = ""


class NewDirect(Schema):
    usernames: list[str]


class RoomChanges(Schema):
    name: str = ""
    topic: str = ""
    slow_mode_s: int = 0
    announcements: bool = False
    archived: bool = False


class NewMessage(Schema):
    client_id: UUID
    body: str
    reply_to: Seq | None = None


class NewMember(Schema):
    username: str


class NewRole(Schema):
    username: str
    role: Literal["owner", "moderator", "member"]


class NewLevel(Schema):
    level: Literal["all", "mentions", "nothing"]


class PageQuery(Schema):
    """At most one of before, after (both exclusive) and around."""

    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    limit: Annotated[int, Field(ge=1, le=limits.PAGE_MESSAGES_MOST)] = limits.PAGE_MESSAGES


@router.get("")
def list_rooms(request: SignedInRequest) -> HttpResponse:
    """The rooms I am in, and the public ones I could join."""
    user_id = request.user.pk
    return json_answer({"rooms": list(standings(user_id).values()), "joinable": joinable_rooms(user_id), "more": False})


@router.post("")
def create_room(request: SignedInRequest, new: NewRoom) -> HttpResponse:
    room = rooms.create_room(request.user, new.name, kind=new.kind, topic=new.topic)
    tell_members(room.pk, [request.user.pk])
    return json_answer(require_standing(request.user.pk, room.pk), 201)


@router.post("/direct")
def open_direct(request: SignedInRequest, new: NewDirect) -> HttpResponse:
    """The room of me and exactly these people, at most eight of us; made at first need."""
    others = [rooms.find_person(name) for name in new.usernames[: limits.DIRECT_PEOPLE_MOST]]
    room = directs.open_direct_room(request.user, *others)
    tell_members(room.pk, [request.user.pk, *(one.pk for one in others)])
    return json_answer(require_standing(request.user.pk, room.pk))


@router.get("/{int:room_id}")
def get_room(request: SignedInRequest, room_id: int) -> HttpResponse:
    return json_answer(require_standing(request.user.pk, room_id))


@router.patch("/{int:room_id}")
def change_room(request: SignedInRequest, room_id: int, changes: RoomChanges) -> HttpResponse:
    """Name, topic, slow mode (seconds between two messages of a member) and `announcements` (only owners and moderators
    write), by owners and moderators; `archived` by owners."""
    rooms.change_room(request.user, room_id, **changes.dict(exclude_unset=True))
    tell_room_changed(room_id)
    return json_answer(require_standing(request.user.pk, room_id))


@router.get("/{int:room_id}/messages")
def list_messages(request: SignedInRequest, room_id: int, query: Query[PageQuery]) -> HttpResponse:
    """A page of messages in seq order, with the room's `rev` read before the rows."""
    require_standing(request.user.pk, room_id)
    if sum(place is not None for place in (query.before, query.after, query.around)) > 1:
        raise Invalid("Name one of before, after and around.")
    if query.after is not None:
        page = history.page_after(room_id, query.after, query.limit)
    elif query.around is not None:
        page = history.page_around(room_id, query.around, query.limit)
    else:
        page = history.page_before(room_id, query.before, query.limit)
    return json_answer(page)


@router.post("/{int:room_id}/messages")
def post_message(request: SignedInRequest, room_id: int, new: NewMessage) -> HttpResponse:
    """As a `send` frame. 201 with the message once it is stored, 202 with its `client_id` while it is on its way."""
    standing = require_standing(request.user.pk, room_id)
    check_writable(standing)
    check_may_speak(standing)
    check_send_rate(request.user.pk)
    frame = frames.Send(client_id=new.client_id, room=room_id, body=new.body, reply_to=new.reply_to)
    outbox.submit(screen_in_thread(compose(frame, request.user.pk)))
    seq = outbox.await_effect(new.client_id, request.user.pk)
    if seq is None:
        return json_answer({"client_id": new.client_id}, 202)
    return json_answer(history.message_at(room_id, seq), 201)


@router.get("/{int:room_id}/changes")
def list_changes(request: SignedInRequest, room_id: int, after: Seq) -> HttpResponse:
    """What changed since `after`; with `reset`, forget what you hold of this room."""
    require_standing(request.user.pk, room_id)
    return json_answer(history.changes_after(room_id, after))


@router.get("/{int:room_id}/members")
def list_members(request: SignedInRequest, room_id: int) -> HttpResponse:
    require_standing(request.user.pk, room_id)
    return json_answer({"members": members_of(room_id), "more": False})


@router.post("/{int:room_id}/members")
def add_member(request: SignedInRequest, room_id: int, new: NewMember) -> HttpResponse:
    """Bring somebody in: anybody into a public room, owners and moderators into a private one."""
    return _ask(request, lambda client_id: rooms.add_member(request.user, room_id, new.username, client_id))


@router.patch("/{int:room_id}/members")
def set_role(request: SignedInRequest, room_id: int, new: NewRole) -> HttpResponse:
    """Give a member another role: owners only. The last owner keeps theirs."""
    return _ask(request, lambda client_id: give_role(request.user, room_id, new.username, new.role, client_id))


@router.put("/{int:room_id}/level")
def put_level(request: SignedInRequest, room_id: int, new: NewLevel) -> HttpResponse:
    """What I want to be told of in this room: all, mentions, nothing."""
    set_level(request.user, room_id, new.level)
    tell_members(room_id, [request.user.pk])
    return json_answer(require_standing(request.user.pk, room_id))


@router.delete("/{int:room_id}/members")
def remove_member(request: SignedInRequest, room_id: int, username: str) -> HttpResponse:
    """Put somebody out, at once: owners and moderators, and not above themselves. They may join again."""
    client_id = uuid4()
    user = remove(request.user, room_id, username, client_id)
    tell_members(room_id, [user])
    return answer_when_done(client_id, request.user.pk)


@router.post("/{int:room_id}/join")
def join_room(request: SignedInRequest, room_id: int) -> HttpResponse:
    return _ask(request, partial(rooms.join, request.user, room_id))


@router.post("/{int:room_id}/leave")
def leave_room(request: SignedInRequest, room_id: int) -> HttpResponse:
    return _ask(request, partial(rooms.leave, request.user, room_id))


def _ask(request: SignedInRequest, wish: Callable[[UUID], bool]) -> HttpResponse:
    """200 when it is done, 202 with the command's `client_id` while it is on its way."""
    client_id = uuid4()
    return answer_when_done(client_id, request.user.pk) if wish(client_id) else json_answer({"client_id": client_id})
