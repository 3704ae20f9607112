from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from messaging.actions.authority import site_rank
from messaging.admin.charts import bars
from messaging.selectors.dashboard import Dashboard, dashboard
from messaging.selectors.moderation import late_since


def dashboard_view(request: HttpRequest) -> HttpResponse:
    """Numbers and two charts; for moderators of the site."""
    if not site_rank(request.user):  # type: ignore[arg-type]
        raise PermissionDenied
    now = dashboard(late_since())
    charts = [
        (_("Messages a minute, over the last hour"), now.minutes),
        (_("Cases a day, over the last two weeks"), now.days),
    ]
    context = {
        **admin.site.each_context(request),
        "title": _("Dashboard"),
        "numbers": _numbers(now),
        "charts": [(label, bars(values, label), values[0][0], values[-1][0]) for label, values in charts],
    }
    return TemplateResponse(request, "admin/messaging/dashboard.html", context)


def _numbers(now: Dashboard) -> list[tuple[str, str, str]]:
    """(name, value, address of the list behind it)"""
    cases = "admin:messaging_moderationcase_changelist"
    return [
        (_("open cases"), str(now.open_cases), cases),
        (_("of them late"), str(now.late_cases), cases),
        (_("the oldest"), timesince(now.oldest_case) if now.oldest_case else "–", cases),
        (_("held messages"), str(now.held), "admin:messaging_heldmessage_changelist"),
        (_("dead letters"), str(now.dead_letters), "admin:messaging_deadletter_changelist"),
        (_("connections"), str(now.sockets), ""),
        (_("web processes"), str(now.web_processes), ""),
        (_("bridges at work"), str(now.bridges), ""),
        (_("waiting records"), f"{now.lag_records + now.waiting} ({now.lag_s:.0f} s)", ""),
    ]
