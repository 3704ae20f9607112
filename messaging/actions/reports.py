"""Telling moderators of a message: by a person, or by a word filter. A case gathers what is said of one message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from messaging import limits
from messaging.actions import outbox
from messaging.errors import Forbidden, Invalid, NotFound, RateLimited
from messaging.models import Deed, Message, ModerationAction, ModerationCase, Reason, Report
from messaging.models.message import places_of
from messaging.selectors.standing import require_standing
from messaging.wire.commands import HideMessage

WEIGHTS: dict[str, float] = {
    Reason.SPAM: 1, Reason.HARASSMENT: 2, Reason.HATE: 3, Reason.VIOLENCE: 3, Reason.ILLEGAL: 3, Reason.OTHER: 1,
    Reason.FILTER: 2,
}  # fmt: skip


def report_message(reporter: User, room_id: int, seq: int, reason: str, comment: str = "") -> Report:
    """Report somebody else's message; a second report of it by the same person is the first one.

    Raises NotMember, NotFound, Forbidden for one's own, Invalid, RateLimited.
    """
    if reason not in WEIGHTS or reason == Reason.FILTER:
        raise Invalid(_("Choose a reason."))
    if len(comment) > limits.REPORT_CHARACTERS:
        raise Invalid(_("A comment has at most %(most)d characters.") % {"most": limits.REPORT_CHARACTERS})
    require_standing(reporter.pk, room_id)
    message = Message.objects.filter(room_id=room_id, seq=seq, deleted_at=None).first()
    if message is None:
        raise NotFound
    if message.sender_id == reporter.pk:
        raise Forbidden(_("This is your own message: you can delete it."))
    with transaction.atomic():
        case = _case_of(message)
        known = case.reports.filter(reporter=reporter).first()
        return known or _add(case, message, reporter, reason, " ".join(comment.split()))


def accuracy(reporter_id: int) -> float:
    """How often this person was right, of the reports that are decided: between 0 and 1, one half to begin with."""
    decided = Report.objects.filter(reporter_id=reporter_id, case__state=ModerationCase.State.DECIDED)
    upheld = Count("pk", filter=Q(case__outcome=ModerationCase.Outcome.UPHELD))
    counts = decided.aggregate(all=Count("pk"), upheld=upheld)
    return float((counts["upheld"] + 1) / (counts["all"] + 2))


def _case_of(message: Message) -> ModerationCase:
    """The message's case, locked; opened anew where the message was edited after a decision."""
    ModerationCase.objects.get_or_create(
        room_id=message.room_id, seq=message.seq, defaults={"author_id": message.sender_id, "opened_at": timezone.now()}
    )
    case = ModerationCase.objects.select_for_update().get(room_id=message.room_id, seq=message.seq)
    if case.decided_at and message.edited_at and message.edited_at > case.decided_at:
        case.state, case.outcome, case.opened_at = ModerationCase.State.OPEN, "", timezone.now()
        case.assignee = case.decided_at = case.decided_by = None
    return case


def _add(case: ModerationCase, message: Message, reporter: User, reason: str, comment: str) -> Report:
    _check_rate(reporter)
    report = Report.objects.create(case=case, reporter=reporter, reason=reason, comment=comment, body=message.body)
    case.score += WEIGHTS[reason] * accuracy(reporter.pk)
    case.report_count += 1
    case.reasons[reason] = case.reasons.get(reason, 0) + 1
    if case.state == ModerationCase.State.OPEN and not case.is_hidden and 0 < settings.CHAT_HIDE_SCORE <= case.score:
        _hide_until_decided(case, reporter)
    case.save()
    return report


def _check_rate(reporter: User) -> None:
    recent = Report.objects.filter(reporter=reporter, created_at__gt=timezone.now() - timedelta(hours=1))
    if recent.count() >= limits.REPORTS_AN_HOUR:
        raise RateLimited(_("You have reported a lot. Wait a while, please."), retry_after=3600.0)


def _hide_until_decided(case: ModerationCase, reporter: User) -> None:
    """By itself: the line in the log has nobody's name; the command is sent by whose report was one too many."""
    case.is_hidden = True
    action = ModerationAction.objects.create(
        deed=Deed.HIDE, case=case, person_id=case.author_id, room_id=case.room_id, seq=case.seq, reason="score"
    )
    outbox.submit(HideMessage(client_id=uuid4(), room=case.room_id, sender=reporter.pk, seq=case.seq, action=action.pk))


def open_filter_cases(noticed: Iterable[tuple[Any, int]]) -> None:
    """A case for each message (its row, with the fields of a Message) that a filter (its id) noticed, or one more
    report on the case it has; inside the transaction that stores them. A fixed number of statements."""
    found = {(row.room_id, row.seq): (row, filter_id) for row, filter_id in noticed}
    if not found:
        return
    known = ModerationCase.objects.filter(places_of(found))
    places = set(known.values_list("room_id", "seq"))
    known.update(
        state=ModerationCase.State.OPEN, outcome="", assignee=None, decided_by=None, decided_at=None,
        score=F("score") + WEIGHTS[Reason.FILTER], report_count=F("report_count") + 1,
    )  # fmt: skip
    ModerationCase.objects.bulk_create(_filter_case(row) for place, (row, _) in found.items() if place not in places)
    cases = {(case.room_id, case.seq): case for case in ModerationCase.objects.filter(places_of(found))}
    Report.objects.bulk_create(
        Report(case=cases[place], filter_id=filter_id, reason=Reason.FILTER, body=row.body)
        for place, (row, filter_id) in found.items()
    )
    ModerationAction.objects.bulk_create(
        ModerationAction(
            deed=Deed.HIDE, case=case, person_id=case.author_id, room_id=case.room_id, seq=case.seq, reason="filter"
        )
        for place, case in cases.items()
        if case.is_hidden and place not in places
    )


def _filter_case(row: Any) -> ModerationCase:
    return ModerationCase(
        room_id=row.room_id,
        seq=row.seq,
        author_id=row.sender_id,
        score=WEIGHTS[Reason.FILTER],
        report_count=1,
        reasons={Reason.FILTER.value: 1},
        is_hidden=row.hidden_at is not None,
        opened_at=row.created_at,
    )
