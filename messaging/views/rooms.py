"""The pages: the list of rooms and one room. Readable without JavaScript; the app takes over from `boot`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.requests import SignedInRequest
from messaging import limits
from messaging.actions import outbox, rooms
from messaging.errors import NotFound, NotMember, Rejection
from messaging.live.notify import tell_members
from messaging.models import Room
from messaging.selectors import history
from messaging.selectors.site import epoch
from messaging.selectors.standing import joinable_rooms, require_standing, standings


@login_required
@require_GET
def room_list(request: SignedInRequest) -> HttpResponse:
    return render(request, "messaging/rooms.html", _context(request, joinable=joinable_rooms(request.user.pk)))


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
    page = history.newest_page(room_id) if seq is None else history.page_around(room_id, seq)
    context = _context(request, room=msgspec.to_builtins(standing), page=page, focus=seq)
    return render(request, "messaging/room.html", context)


@login_required
@require_POST
def join(request: SignedInRequest, room_id: int) -> HttpResponse:
    client_id = uuid4()
    try:
        if rooms.join(request.user, room_id, client_id):
            outbox.await_effect(client_id, request.user.pk)
    except NotFound as error:
        raise Http404 from error
    except Rejection as why:
        messages.error(request, why.message)
        return redirect("messaging:rooms")
    return redirect("messaging:room", room_id)


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
    name = request.POST.get("username", "").strip()
    other = User.objects.filter(username__iexact=name, is_active=True).first()
    try:
        if other is None:
            raise NotFound(f"There is nobody called “{name}” here.")
        made = rooms.open_direct_room(request.user, other)
    except Rejection as why:
        messages.error(request, why.message)
        return redirect("messaging:rooms")
    tell_members(made.pk, [request.user.pk, other.pk])
    return redirect("messaging:room", made.pk)


def _context(
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
        "epoch": epoch(),
        "limits": {"body": limits.BODY_CHARACTERS, "frame": limits.CLIENT_FRAME_BYTES},
        "urls": {"ws": "/ws/", "api": "/api/v1/", "login": "/accounts/login/"},
    }
    return {"rooms": mine, "page": page, "boot": boot, **more}
