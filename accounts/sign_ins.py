"""Where somebody is signed in: noted while they use it, shown with a name for the device, ended from anywhere."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.actions import tell_session_ended
from accounts.models import SignIn, User

logger = logging.getLogger(__name__)

NOTE_EVERY_S = 300
"""`last_seen_at` is right within this: a write for every page would be one too many."""

BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
"""First match wins: Edge calls itself Chrome too, Chrome Safari, and Android Linux."""


class SignInMiddleware:
    """After authentication. Notes after the view, which may have signed somebody in or changed the key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = getattr(request, "session", None)
        if session is not None and session.session_key and isinstance(request.user, User) and not session.is_empty():
            note(request.user, session.session_key, request.headers.get("User-Agent", ""))
        return response


def note(user: User, session_key: str, user_agent: str) -> None:
    """Now and then. What somebody asked for does not fail for it."""
    noted = f"sign-in:{user.pk}:{session_key}"
    if not user.is_active or not cache.add(noted, 1, NOTE_EVERY_S):
        return
    seen = {"user": user, "user_agent": user_agent[:250], "last_seen_at": timezone.now()}
    try:
        SignIn.objects.update_or_create(session_key=session_key, defaults=seen)
    except DatabaseError as error:
        logger.warning("a sign-in is not noted: %s", error)
        cache.delete(noted)


def end_sign_in(user: User, sign_in_id: int) -> bool:
    """Sign this person out there, at once; its sockets close. False for what is not theirs or over."""
    sign_in = SignIn.objects.filter(user=user, pk=sign_in_id).first()
    if sign_in is None:
        return False
    with transaction.atomic():
        forget_session(sign_in.session_key)
        sign_in.delete()
        tell_session_ended(sign_in.session_key)
    return True


def forget_session(session_key: str) -> None:
    """From the database and from the cache in front of it."""
    import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()


def device_name(user_agent: str) -> str:
    """A name somebody recognises; not to be trusted: a browser says what it likes."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), None)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("Unknown device")
