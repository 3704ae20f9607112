"""What a page shows of people beside their names."""

from __future__ import annotations

import re

from django.http import HttpResponse
from ninja import Router

from accounts.avatars import avatars_of
from accounts.requests import SignedInRequest
from messaging import limits
from messaging.api.answers import json_answer
from messaging.errors import Invalid

router = Router(tags=["people"])


@router.get("")
def list_people(request: SignedInRequest, ids: str) -> HttpResponse:
    """`ids` separated by commas, at most 100. `avatar`: where the person's picture is, or null; so for nobody's id."""
    asked = ids.split(",")
    if len(asked) > limits.PEOPLE_ASKED_MOST:
        raise Invalid(f"At most {limits.PEOPLE_ASKED_MOST} people at once.")
    if not all(re.fullmatch(r"[0-9]{1,15}", one) for one in asked):
        raise Invalid("ids are whole numbers, separated by commas.")
    found = avatars_of({int(one) for one in asked})
    return json_answer({"people": [{"id": user, "avatar": avatar} for user, avatar in found.items()]})
