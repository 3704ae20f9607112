"""Links that let people into a room."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Schema

from accounts.requests import SignedInRequest
from messaging.actions.invites import create_invite, require_inviter, revoke_invite
from messaging.api.answers import json_answer
from messaging.models import Invite

router = Router(tags=["rooms"])


class NewInvite(Schema):
    """`null`: without an end, for any number of people."""

    days: int | None = 7
    most_uses: int | None = None


def _described(request: HttpRequest, invite: Invite) -> dict[str, object]:
    return {
        "id": invite.pk,
        "url": request.build_absolute_uri(reverse("messaging:invite", args=[invite.token])),
        "by": invite.created_by.display_name,
        "expires_at": invite.expires_at,
        "most_uses": invite.most_uses,
        "uses": invite.uses,
    }


@router.get("/{int:room_id}/invites")
def list_invites(request: SignedInRequest, room_id: int) -> HttpResponse:
    """Those that work: owners and moderators see them."""
    require_inviter(request.user, room_id)
    found = Invite.objects.in_force().filter(room_id=room_id).select_related("created_by").order_by("-pk")
    return json_answer({"invites": [_described(request, one) for one in found], "more": False})


@router.post("/{int:room_id}/invites")
def post_invite(request: SignedInRequest, room_id: int, new: NewInvite) -> HttpResponse:
    made = create_invite(request.user, room_id, days=new.days, most_uses=new.most_uses)
    return json_answer(_described(request, made), 201)


@router.delete("/{int:room_id}/invites/{int:invite_id}")
def delete_invite(request: SignedInRequest, room_id: int, invite_id: int) -> HttpResponse:
    """From now on it lets nobody in."""
    revoke_invite(request.user, room_id, invite_id)
    return json_answer({})
