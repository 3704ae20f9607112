from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from messaging.models import AppliedCommand, Message


def outcomes(client_ids: Sequence[UUID], sender: int) -> dict[str, dict[str, Any]]:
    """What became of commands a client has not seen the end of: {client_id: {state, room, seq?, code?}}."""
    found: dict[str, dict[str, Any]] = {str(client_id): {"state": "pending"} for client_id in client_ids}
    for message in Message.objects.filter(client_id__in=client_ids, sender_id=sender):
        found[str(message.client_id)] = {"state": "stored", "room": message.room_id, "seq": message.seq}
    for decision in AppliedCommand.objects.filter(client_id__in=client_ids, sender_id=sender):
        outcome: dict[str, Any] = {"state": "refused" if decision.refusal else "stored", "room": decision.room_id}
        if decision.refusal:
            outcome["code"] = decision.refusal
        if decision.seq is not None:
            outcome["seq"] = decision.seq
        found[str(decision.client_id)] = outcome
    return found
