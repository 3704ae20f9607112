"""The pages: the list of rooms and one room. Readable without JavaScript; the app takes over from `boot`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.avatars import avatars_of
from accounts.requests import SignedInRequest
from accounts.selectors import blocks_of
from messaging import limits
from messaging.actions import directs, outbox, rooms
from messaging.actions.authority import moderated_rooms
from messaging.errors import NotFound, NotMember, Rejection
from messaging.live.notify import tell_members
from messaging.models import Membership, Room
from messaging.selectors import history
from messaging.selectors.moderation import held_back, queue, unseen_notices
from messaging.selectors.site import epoch
from messaging.selectors.standing import Standing, joinable_rooms, members_of, require_standing, standings
from messaging.wire.emoji import EMOJI, QUICK


@login_required
@require_GET
def room_list(request: SignedInRequest) -> HttpResponse:
    """`?q=` narrows down the rooms to join."""
    query = request.GET.get("q", "").strip()
    joinable = joinable_rooms(request.user.pk, query)
    return render(request, "messaging/rooms.html", page_context(request, joinable=joinable, query=query))


@login_required
@require_GET
def room(request: SignedInRequest, room_id: int, seq: int | None = None) -> HttpResponse:
    try:
        standing = require_standing(request.user.pk, room_id)
    except NotMember:
        messages.info(request, NotMember().message)
        return redirect("messaging:rooms")
    except NotFound as error:
        raise Http404 from error
    page = _first_page(standing) if seq is None else history.page_around(room_id, seq)
    is_newest = not page.messages or page.messages[-1].seq >= standing.seq
    context = page_context(request, room=msgspec.to_builtins(standing), page=page, focus=seq, is_newest=is_newest)
    return render(request, "messaging/room.html", context)


def _first_page(standing: Standing) -> history.Page:
    """The newest messages; with more unread than a page holds, those around the first unread one."""
    if standing.unread and standing.seq - standing.read > limits.PAGE_MESSAGES // 2:
        return history.page_around(standing.id, standing.read + 1)
    return history.newest_page(standing.id)


@login_required
@require_GET
def people(request: SignedInRequest, room_id: int) -> HttpResponse:
    """Who is in the room; the place to bring somebody in, or to leave."""
    try:
        standing = require_standing(request.user.pk, room_id)
    except (NotFound, NotMember) as error:
        raise Http404 from error
    may_add = standing.kind == Room.Kind.PUBLIC or (
        standing.kind == Room.Kind.PRIVATE and standing.role != Membership.Role.MEMBER
    )
    is_moderator = room_id in moderated_rooms(request.user)
    context = page_context(
        request,
        room=msgspec.to_builtins(standing),
        members=members_of(room_id),
        may_add=may_add,
        cases_open=queue([room_id]).count() + held_back([room_id]).count() if is_moderator else None,
    )
    return render(request, "messaging/people.html", context)


@login_required
@require_POST
def join(request: SignedInRequest, room_id: int) -> HttpResponse:
    wish = partial(rooms.join, request.user, room_id)
    return _ask(request, wish, done=("messaging:room", room_id), refused=("messaging:rooms",))


@login_required
@require_POST
def leave(request: SignedInRequest, room_id: int) -> HttpResponse:
    wish = partial(rooms.leave, request.user, room_id)
    return _ask(request, wish, done=("messaging:rooms",), refused=("messaging:people", room_id))


@login_required
@require_POST
def add_member(request: SignedInRequest, room_id: int) -> HttpResponse:
    wish = partial(rooms.add_member, request.user, room_id, request.POST.get("username", ""))
    return _ask(request, wish, done=("messaging:people", room_id), refused=("messaging:people", room_id))


Place = tuple[str] | tuple[str, int]


def _ask(request: SignedInRequest, wish: Callable[[UUID], bool], *, done: Place, refused: Place) -> HttpResponse:
    """Put a command into the outbox and wait a moment for the bridge's decision."""
    client_id = uuid4()
    try:
        if wish(client_id):
            outbox.await_effect(client_id, request.user.pk)
    except Rejection as why:
        messages.error(request, why.message)
        return redirect(*refused)
    return redirect(*done)


@login_required
@require_POST
def new_room(request: SignedInRequest) -> HttpResponse:
    try:
        made = rooms.create_room(
            request.user,
            request.POST.get("name", ""),
            kind=request.POST.get("kind", Room.Kind.PUBLIC),
            topic=request.POST.get("topic", ""),
        )
    except Rejection as why:
        messages.error(request, why.message)
        return redirect("messaging:rooms")
    tell_members(made.pk, [request.user.pk])
    return redirect("messaging:room", made.pk)


@login_required
@require_POST
def direct(request: SignedInRequest) -> HttpResponse:
    try:
        others = directs.find_people(request.POST.get("username", ""))
        made = directs.open_direct_room(request.user, *others)
    except Rejection as why:
        messages.error(request, why.message)
        return redirect("messaging:rooms")
    tell_members(made.pk, [request.user.pk, *(other.pk for other in others)])
    return redirect("messaging:room", made.pk)


def page_context(
    request: SignedInRequest, *, page: history.Page | None = None, focus: int | None = None, **more: Any
) -> dict[str, Any]:
    mine = msgspec.to_builtins(list(standings(request.user.pk).values()))
    plain_page = None if page is None else msgspec.to_builtins(page)
    boot = {
        "user": {"id": request.user.pk, "name": request.user.display_name},
        "room": None if page is None else page.room,
        "focus": focus,
        "page": plain_page,
        "rooms": mine,
        "avatars": avatars_of(_faces(request.user.pk, mine, page)),
        "epoch": epoch(),
        "news": unseen_notices(request.user.pk).exists(),
        "blocked": list(blocks_of(request.user.pk).values_list("person_id", flat=True)),
        "limits": {
            "body": limits.BODY_CHARACTERS,
            "frame": limits.CLIENT_FRAME_BYTES,
            "everybody": limits.ROOM_MENTION_MOST,
        },
        "emoji": {"all": EMOJI, "quick": QUICK},
        "urls": {"ws": "/ws/", "api": "/api/v1/", "login": "/accounts/login/"},
    }
    return {"rooms": mine, "page": page, "boot": boot, **more}


def _faces(me: int, rooms: list[dict[str, Any]], page: history.Page | None) -> set[int]:
    """Whose pictures the page shows at first; the app asks for others as they come."""
    others = {room["person"] for room in rooms if room["person"] is not None}
    writers = {message.sender.id for message in page.messages} if page else set()
    return {me} | others | writers
