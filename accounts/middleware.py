"""Pages in the language and time zone a person has chosen; blank means what the browser asks for, and UTC."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts.languages import language_of


class PreferencesMiddleware:
    """After the authentication middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "")
        language = language_of(chosen, request.headers.get("Accept-Language", ""))
        zone = getattr(request.user, "time_zone", "")
        translation.activate(language)
        request.LANGUAGE_CODE = language
        with timezone.override(_zone(zone)):
            return self.get_response(request)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """None for blank, and for a zone that this machine's data does not have (any more)."""
    return zoneinfo.ZoneInfo(name) if name in zoneinfo.available_timezones() else None
