"""The page behind an invitation: what room it is, and the way in."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import SignedInRequest
from messaging.actions import outbox
from messaging.actions.invites import accept_invite, find_invite
from messaging.errors import NotFound, Rejection


@require_GET
@never_cache
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """For everybody who has the link, signed in or not: it names the room."""
    try:
        found = find_invite(token)
    except NotFound as why:
        return render(request, "messaging/invite.html", {"why": why.message}, status=404)
    return render(request, "messaging/invite.html", {"invite": found, "members": found.room.memberships.count()})


@login_required
@require_POST
def accept(request: SignedInRequest, token: str) -> HttpResponse:
    client_id = uuid4()
    try:
        found = accept_invite(request.user, token, client_id)
        if not found.room.memberships.filter(user=request.user).exists():
            outbox.await_effect(client_id, found.created_by_id)
    except Rejection as why:
        messages.error(request, why.message)
        return redirect("messaging:invite", token)
    return redirect("messaging:room", found.room_id)
