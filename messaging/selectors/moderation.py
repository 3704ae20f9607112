"""Cases as moderators see them, and what the people concerned are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from messaging.models import (
    HeldMessage,
    Message,
    MessageRevision,
    ModerationAction,
    ModerationCase,
    ModerationNotice,
    Report,
    Room,
    Sanction,
)

AROUND = 5
"""Messages before and after the reported one: ten in all."""

UPHELD = Q(outcome=ModerationCase.Outcome.UPHELD)


def with_strikes(cases: QuerySet[ModerationCase]) -> QuerySet[ModerationCase]:
    """Each with `strikes`: how many cases against its author were upheld; people and room are read along.

    By statements of their own: joined, MariaDB may sort a hundred thousand cases by room, and count strikes for each.
    """
    upheld = ModerationCase.objects.filter(UPHELD, author_id=OuterRef("author_id")).order_by().values("author_id")
    strikes = Coalesce(Subquery(upheld.annotate(n=Count("pk")).values("n")), 0)
    return cases.annotate(strikes=strikes).prefetch_related("room", "author", "assignee", "decided_by")


def queue(room_ids: Sequence[int] | None) -> QuerySet[ModerationCase]:
    """Open cases, the most urgent first; of these rooms, or with None of all."""
    cases = ModerationCase.objects.filter(state=ModerationCase.State.OPEN)
    if room_ids is not None:
        cases = cases.filter(room_id__in=room_ids)
    return with_strikes(cases).order_by("-score", "pk")


def held_back(room_ids: Sequence[int] | None) -> QuerySet[HeldMessage]:
    """What filters hold back, the oldest first; in these rooms, or with None in all."""
    waiting = HeldMessage.objects.filter(state=HeldMessage.State.WAITING)
    if room_ids is not None:
        waiting = waiting.filter(room_id__in=room_ids)
    return waiting.select_related("sender", "room", "filter").order_by("pk")


def is_late(case: ModerationCase) -> bool:
    """Older than cases should get."""
    return case.state == ModerationCase.State.OPEN and case.opened_at < late_since()


def late_since() -> datetime:
    """Open cases from before then are late."""
    return timezone.now() - timedelta(hours=settings.CHAT_CASE_TARGET_H)


@dataclass(frozen=True)
class Evidence:
    """What a moderator decides on. Around a direct message there is nothing: only what was reported is looked at."""

    message: Message | None
    around: Sequence[Message]
    versions: Sequence[MessageRevision]
    reports: Sequence[Report]
    actions: Sequence[ModerationAction]
    strikes: int
    sanctions: Sequence[Sanction]

    @property
    def reported_body(self) -> str:
        """As it was when it was reported last."""
        return self.reports[-1].body if self.reports else ""


def evidence(case: ModerationCase) -> Evidence:
    first, last = (case.seq, case.seq) if case.room.kind == Room.Kind.DIRECT else (case.seq - AROUND, case.seq + AROUND)
    here = Message.objects.filter(room=case.room, seq__gte=first, seq__lte=last).select_related("sender")
    around = list(here.order_by("seq"))
    return Evidence(
        message=next((one for one in around if one.seq == case.seq), None),
        around=around,
        versions=list(MessageRevision.objects.filter(room=case.room, seq=case.seq).order_by("rev")),
        reports=list(case.reports.select_related("reporter", "filter").order_by("pk")),
        actions=list(case.actions.select_related("by").order_by("pk")),
        strikes=ModerationCase.objects.filter(UPHELD, author=case.author).count(),
        sanctions=list(Sanction.objects.filter(user=case.author).select_related("room").order_by("-pk")[:5]),
    )


def reports_of(user_id: int) -> QuerySet[Report]:
    """What this person has reported, the newest first."""
    return Report.objects.filter(reporter_id=user_id).select_related("case__room", "case__author").order_by("-pk")


def notices_of(user_id: int) -> QuerySet[ModerationNotice]:
    """What moderators did about this person's own messages, the newest first."""
    about = ModerationNotice.objects.filter(user_id=user_id, action__person_id=F("user_id"))
    return about.select_related("action__room", "action__sanction").order_by("-pk")


def unseen_notices(user_id: int) -> QuerySet[ModerationNotice]:
    return ModerationNotice.objects.filter(user_id=user_id, seen_at=None)


def report_line(report: Report) -> dict[str, Any]:
    """A report as the API tells it to the person who made it."""
    case = report.case
    line = {"room": case.room_id, "seq": case.seq, "reason": report.reason, "at": report.created_at}
    return {**line, "outcome": case.outcome}
