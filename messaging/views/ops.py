"""`/ops/`: how this process and the bridges are doing, at a glance; for staff."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from messaging.bridge.status import BridgeStatus, bridges_of
from messaging.live.history import EVERY_S, KEPT
from messaging.views.curve import Curve, draw
from messaging.web_process import recent_history

AGAIN_S = 10
"""With `?live`, the page comes anew so often."""

REMEMBERED_S = 3600.0
"""A bridge that has been silent for longer is no news."""

MEBIBYTE = 1024 * 1024


class Kind(NamedTuple):
    """`least_top`: the scale never ends below it, so that a ripple does not look like a wave. `factor`: into `unit`."""

    name: str
    title: object
    unit: str
    least_top: float
    factor: float = 1.0


KINDS = (
    Kind("sockets", gettext_lazy("Open sockets"), "", 10),
    Kind("sends", gettext_lazy("Messages sent"), "/s", 1),
    Kind("deliveries", gettext_lazy("Deliveries"), "/s", 10),
    Kind("accepting", gettext_lazy("Until accepted, 99 of 100"), "ms", 20, 1000),
    Kind("storing", gettext_lazy("Until stored, 99 of 100"), "ms", 50, 1000),
    Kind("waiting", gettext_lazy("Waiting for the bridge"), "", 10),
    Kind("loop_lag", gettext_lazy("Event loop late by"), "ms", 20, 1000),
    Kind("pressure", gettext_lazy("Pressure"), "", 1),
    Kind("memory", gettext_lazy("Memory"), "MiB", 64, 1 / MEBIBYTE),
)
OF_A_BRIDGE = {"storing", "waiting"}
"""Measured where the bridge is: here only while everything is embedded."""


class Figure(NamedTuple):
    id: str
    title: str
    unit: str
    now: str
    top: str
    said: str
    curve: Curve


@login_required
@require_GET
@never_cache
def overview(request: SignedInRequest) -> HttpResponse:
    if not request.user.is_staff:
        raise PermissionDenied
    live = "live" in request.GET
    bridges = _bridges()
    shown = {
        "figures": _figures(),
        "bridges": bridges or [],
        "no_database": bridges is None,
        "process": f"{socket.gethostname()}:{os.getpid()}",
        "minutes": round(EVERY_S * KEPT / 60),
        "live": live,
        "again_s": AGAIN_S,
    }
    response = render(request, "messaging/ops.html", shown)
    if live:
        response["Refresh"] = str(AGAIN_S)
    return response


def _bridges() -> list[BridgeStatus] | None:
    """None when the database does not say; the rest of the page is there all the more."""
    try:
        return [bridge for bridge in bridges_of(settings.CHAT_LOG_GROUP) if bridge.seen_s_ago < REMEMBERED_S]
    except DatabaseError:
        return None


def _figures() -> list[Figure]:
    curves = recent_history().curves()
    kinds = [kind for kind in KINDS if settings.EMBEDDED or kind.name not in OF_A_BRIDGE]
    return [_figure(kind, curves[kind.name]) for kind in kinds]


def _figure(kind: Kind, points: Sequence[tuple[float, float]]) -> Figure:
    scaled = [(ago, value * kind.factor) for ago, value in points]
    curve = draw(scaled, EVERY_S * KEPT, kind.least_top)
    now = _number(scaled[-1][1]) if scaled else "–"
    most = _number(max((value for _ago, value in scaled), default=0.0))
    said = _("now %(now)s %(unit)s, at most %(most)s %(unit)s") % {"now": now, "most": most, "unit": kind.unit}
    return Figure(kind.name, str(kind.title), kind.unit, now, _number(curve.top), said, curve)


def _number(value: float) -> str:
    """Three digits say enough, in the reader's way of writing."""
    decimals = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return number_format(value, decimals, force_grouping=True)
