"""How the chat and its moderators are doing, in a handful of queries whatever there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from messaging import limits
from messaging.models import BridgeReport, DeadLetter, HeldMessage, Message, ModerationCase, OutboxCommand, WebReport

NEWEST = 20_000
"""So many rows are looked at for a chart at most; it begins where they do."""

MINUTES, DAYS = 60, 14

Bars = list[tuple[str, int]]


@dataclass(frozen=True)
class Dashboard:
    open_cases: int
    late_cases: int
    oldest_case: datetime | None
    held: int
    dead_letters: int
    waiting: int
    """Commands in the outbox."""
    sockets: int
    web_processes: int
    bridges: int
    lag_records: int
    lag_s: float
    minutes: Bars
    days: Bars


def dashboard(late_since: datetime) -> Dashboard:
    cases = ModerationCase.objects.filter(state=ModerationCase.State.OPEN).aggregate(
        all=Count("pk"), late=Count("pk", filter=Q(opened_at__lt=late_since)), oldest=Min("opened_at")
    )
    now = timezone.localtime()
    since = now - timedelta(seconds=limits.SILENT_S)
    alive = BridgeReport.objects.filter(seen_at__gt=since, group=settings.CHAT_LOG_GROUP)  # workers report there too
    webs = WebReport.objects.filter(seen_at__gt=since).aggregate(all=Count("pk"), sockets=Sum("sockets"))
    said: list[dict[str, Any]] = list(alive.values_list("said", flat=True))
    return Dashboard(
        open_cases=cases["all"],
        late_cases=cases["late"],
        oldest_case=cases["oldest"],
        held=HeldMessage.objects.filter(state=HeldMessage.State.WAITING).count(),
        dead_letters=DeadLetter.objects.filter(state=DeadLetter.State.WAITING).count(),
        waiting=OutboxCommand.objects.filter(relayed_at=None).count(),
        sockets=webs["sockets"] or 0,
        web_processes=webs["all"],
        bridges=len(said),
        lag_records=sum(one["lag_records"] for one in said),
        lag_s=max((one["lag_s"] for one in said), default=0.0),
        minutes=_per_minute(now, Message.objects.order_by("-pk").values_list("created_at", flat=True)[:NEWEST]),
        days=_per_day(now, ModerationCase.objects.order_by("-pk").values_list("opened_at", flat=True)[:NEWEST]),
    )


def _per_minute(now: datetime, times: Iterable[datetime]) -> Bars:
    this = now.replace(second=0, microsecond=0)
    starts = [this - timedelta(minutes=back) for back in reversed(range(MINUTES))]
    found = Counter(max(0, ceil((this - at).total_seconds() / 60)) for at in times)
    return [(f"{start:%H:%M}", found[MINUTES - 1 - number]) for number, start in enumerate(starts)]


def _per_day(now: datetime, times: Iterable[datetime]) -> Bars:
    found = Counter(timezone.localtime(at).date() for at in times)
    dates = [now.date() - timedelta(days=back) for back in reversed(range(DAYS))]
    return [(date.isoformat(), found[date]) for date in dates]
