"""The moderators' part of the web UI: cases of a room for its owners and moderators; what became of one's reports."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.requests import SignedInRequest
from messaging.actions.authority import deeds_of, moderated_rooms, stands_above
from messaging.actions.cases import act, mark
from messaging.actions.held import discard, release
from messaging.actions.previews import preview
from messaging.errors import Rejection
from messaging.live.notify import tell_decided
from messaging.models import Deed, HeldMessage, ModerationCase, Reason, Room
from messaging.selectors.moderation import evidence, held_back, is_late, notices_of, queue, reports_of, unseen_notices
from messaging.views.rooms import page_context

PAGE_CASES = 25
HELD_SHOWN = 50
REPORTS_SHOWN = 50


@login_required
@require_GET
def room_queue(request: SignedInRequest, room_id: int) -> HttpResponse:
    if room_id not in moderated_rooms(request.user):
        raise Http404
    page = Paginator(queue([room_id]), PAGE_CASES).get_page(request.GET.get("page"))
    room = Room.objects.get(pk=room_id)
    cases = [{"case": case, "late": is_late(case), "reasons": reason_names(case)} for case in page]
    held = [(one, stands_above(request.user, one.sender, room)) for one in held_back([room_id])[:HELD_SHOWN]]
    return render(request, "messaging/cases.html", page_context(request, room=room, cases=cases, pages=page, held=held))


@login_required
@require_POST
def room_held(request: SignedInRequest, room_id: int, held_id: int) -> HttpResponse:
    """Let a held message of this room pass, or discard it."""
    held = HeldMessage.objects.filter(pk=held_id, room_id=room_id).first()
    if held is None or room_id not in moderated_rooms(request.user):
        raise Http404
    try:
        if request.POST.get("deed") == Deed.RELEASE:
            release(request.user, held_id)
        else:
            discard(request.user, held_id, request.POST.get("reason", ""))
            tell_decided(None, [held.sender_id])
    except Rejection as why:
        messages.error(request, why.message)
    else:
        messages.success(request, _("Done."))
    return redirect("messaging:cases", room_id)


@login_required
@require_http_methods(["GET", "POST"])
def room_case(request: SignedInRequest, room_id: int, case_id: int) -> HttpResponse:
    case = ModerationCase.objects.select_related("room", "author").filter(pk=case_id, room_id=room_id).first()
    if case is None or room_id not in moderated_rooms(request.user):
        raise Http404
    if request.method == "POST" and decide(request, case):
        return redirect("messaging:cases", room_id)
    return render(request, "messaging/case.html", page_context(request, **case_context(request, case)))


def decide(request: SignedInRequest, case: ModerationCase) -> bool:
    """Do what the form asks for; False when that was refused, which the person is told."""
    deed = request.POST.get("deed", "")
    try:
        decision = act(
            request.user,
            case.pk,
            Deed(deed) if deed in Deed.values else Deed.VIEW,
            request.POST.get("reason", ""),
            seen=request.POST.get("seen", ""),
        )
    except Rejection as why:
        case.refresh_from_db()
        messages.error(request, why.message)
        return False
    tell_decided(decision.sanction, decision.told)
    messages.success(request, _("Done: %(what)s.") % {"what": decision.action.get_deed_display()})
    return True


def case_context(request: SignedInRequest, case: ModerationCase) -> dict[str, Any]:
    """What a page about one case needs; also admin's. The person may see the case."""
    may = deeds_of(request.user, case)
    useful = [deed for deed in Deed if deed in may - _useless(case, request.user.pk)]
    options = [{"deed": deed, "label": deed.label, "preview": preview(case, deed)} for deed in useful]
    chosen = {"deed": request.POST.get("deed", ""), "reason": request.POST.get("reason", "")}
    return {
        "room": case.room,
        "case": case,
        "evidence": evidence(case),
        "options": options,
        "mark": mark(case),
        "chosen": chosen,
        "reasons": reason_names(case),
        "late": is_late(case),
    }


def _useless(case: ModerationCase, actor: int) -> set[Deed]:
    """What would change nothing as the case stands."""
    is_taken = case.state == ModerationCase.State.DECIDED or case.assignee_id == actor
    return {Deed.HIDE if case.is_hidden else Deed.RESTORE, *({Deed.CLAIM} if is_taken else ())}


def reason_names(case: ModerationCase) -> list[tuple[str, int]]:
    """What it was reported for, and how often; the most frequent first."""
    names = dict(Reason.choices)
    return sorted(((str(names[key]), count) for key, count in case.reasons.items()), key=lambda one: -one[1])


@login_required
@require_GET
def my_reports(request: SignedInRequest) -> HttpResponse:
    """What became of my reports, and what moderators told me. Opening it reads what is new."""
    mine = list(notices_of(request.user.pk)[:REPORTS_SHOWN])
    reports = list(reports_of(request.user.pk)[:REPORTS_SHOWN])
    unseen_notices(request.user.pk).update(seen_at=timezone.now())
    return render(request, "messaging/reports.html", page_context(request, notices=mine, reports=reports))
