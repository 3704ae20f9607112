"""Reporting a message, and deciding cases: for people and for bots alike."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from ninja import Router, Schema

from accounts.requests import SignedInRequest
from messaging.actions.authority import deeds_of, moderated_rooms, site_rank
from messaging.actions.cases import act
from messaging.actions.held import discard, release
from messaging.actions.reports import report_message
from messaging.api.answers import json_answer
from messaging.errors import NotFound
from messaging.live.notify import tell_decided
from messaging.models import Deed, HeldMessage, ModerationCase, Room
from messaging.selectors.moderation import held_back, queue, report_line, reports_of

router = Router(tags=["moderation"])

REPORTS_MOST = 100
CASES_MOST = 50


class NewReport(Schema):
    reason: str
    comment: str = ""


class Why(Schema):
    reason: str = ""


@router.post("/rooms/{int:room_id}/messages/{int:seq}/report")
def report(request: SignedInRequest, room_id: int, seq: int, new: NewReport) -> HttpResponse:
    made = report_message(request.user, room_id, seq, new.reason, new.comment)
    return json_answer(report_line(made), 201)


@router.get("/reports")
def list_reports(request: SignedInRequest) -> HttpResponse:
    """What became of my reports, the newest first."""
    found = list(reports_of(request.user.pk)[: REPORTS_MOST + 1])
    return json_answer({"reports": list(map(report_line, found[:REPORTS_MOST])), "more": len(found) > REPORTS_MOST})


@router.get("/moderation/cases")
def list_cases(request: SignedInRequest) -> HttpResponse:
    """Open cases of the rooms I moderate, or of the whole site. Empty for everybody else."""
    rooms = None if site_rank(request.user) else moderated_rooms(request.user)
    found = list(queue(rooms)[: CASES_MOST + 1])
    cases = [_line(request, case) for case in found[:CASES_MOST]]
    return json_answer({"cases": cases, "more": len(found) > CASES_MOST})


@router.post("/moderation/cases/{int:case_id}/{deed}")
def decide(request: SignedInRequest, case_id: int, deed: str, why: Why) -> HttpResponse:
    """409 with `handled` when somebody else was faster."""
    if deed not in Deed.values:
        raise NotFound
    decision = act(request.user, case_id, Deed(deed), why.reason)
    tell_decided(decision.sanction, decision.told)
    return json_answer({"state": decision.case.state, "outcome": decision.case.outcome})


@router.get("/moderation/held")
def list_held(request: SignedInRequest) -> HttpResponse:
    """What word filters hold back in rooms I moderate; of the whole site, without the texts of rooms I am not in."""
    mine = moderated_rooms(request.user)
    found = list(held_back(None if site_rank(request.user) else mine)[: CASES_MOST + 1])
    held = [
        {
            "id": one.pk,
            "room": one.room_id,
            "author": one.sender_id,
            "filter": one.filter.name,
            "held_at": one.held_at,
            "body": one.body if one.room.kind == Room.Kind.PUBLIC or one.room_id in mine else None,
        }
        for one in found[:CASES_MOST]
    ]
    return json_answer({"held": held, "more": len(found) > CASES_MOST})


@router.post("/moderation/held/{int:held_id}/release")
def release_held(request: SignedInRequest, held_id: int) -> HttpResponse:
    """409 with `handled` when somebody else was faster."""
    release(request.user, held_id)
    return json_answer({"state": HeldMessage.State.RELEASED})


@router.post("/moderation/held/{int:held_id}/discard")
def discard_held(request: SignedInRequest, held_id: int, why: Why) -> HttpResponse:
    discard(request.user, held_id, why.reason)
    tell_decided(None, [HeldMessage.objects.get(pk=held_id).sender_id])
    return json_answer({"state": HeldMessage.State.DISCARDED})


def _line(request: SignedInRequest, case: ModerationCase) -> dict[str, Any]:
    """Without what the message says: that is read where its room may be read."""
    return {
        "id": case.pk,
        "room": case.room_id,
        "seq": case.seq,
        "author": case.author_id,
        "score": round(case.score, 2),
        "reasons": case.reasons,
        "strikes": case.strikes,  # type: ignore[attr-defined]
        "hidden": case.is_hidden,
        "assignee": case.assignee_id,
        "opened_at": case.opened_at,
        "may": sorted(deeds_of(request.user, case)),
    }
