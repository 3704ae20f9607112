"""How answers are made: JSON from typed values, and what a change that goes through the log is answered with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse

from messaging.actions import outbox


def json_answer(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(content), content_type="application/json", status=status)


def answer_when_done(client_id: UUID, user_id: int) -> HttpResponse:
    """200 when it is done, 202 while it is on its way; the command's `client_id` either way."""
    is_on_its_way = outbox.await_effect(client_id, user_id) is None
    return json_answer({"client_id": client_id}, 202 if is_on_its_way else 200)
