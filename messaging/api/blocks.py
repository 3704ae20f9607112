"""Whom I do not want to read."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from accounts.blocks import block_person, unblock_person
from accounts.requests import SignedInRequest
from accounts.selectors import blocks_of
from messaging.actions.rooms import find_person
from messaging.errors import Invalid

router = Router(tags=["people"])


class NewBlock(Schema):
    username: str


@router.get("")
def list_blocks(request: SignedInRequest) -> dict[str, Any]:
    people = [one.person for one in blocks_of(request.user.pk)]
    blocks = [{"id": one.pk, "name": one.display_name, "username": one.username} for one in people]
    return {"blocks": blocks, "more": False}


@router.post("")
def add_block(request: SignedInRequest, new: NewBlock) -> HttpResponse:
    if not block_person(request.user, find_person(new.username)):
        raise Invalid(_("You cannot block yourself."))
    return HttpResponse(status=204)


@router.delete("")
def end_block(request: SignedInRequest, user: int) -> HttpResponse:
    """204 too when there was none."""
    unblock_person(request.user, user)
    return HttpResponse(status=204)
