"""What the request that opens a socket says: from where, in whose name, in which protocol and language."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings

SUBPROTOCOL = "chat.v1"


def origin_allowed(scope: Any) -> bool:
    """Exact scheme, host and port. (Channels' own validator ignores scheme and port.)"""
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    return len(origins) == 1 and origins[0].decode("latin1").lower() in settings.ALLOWED_ORIGINS


def subprotocol(scope: Any) -> str | None:
    """The one that is spoken, when the client offers it."""
    return SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", []) else None


def client_address(scope: Any) -> str | None:
    """Who connects: the peer, or what a trusted proxy says of it."""
    if settings.TRUST_FORWARDED_FOR:
        named = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        if named:
            return str(named[-1].decode("latin1").rpartition(",")[2].strip())
    client = scope.get("client")
    return client[0] if client else None


def accepted_languages(scope: Any) -> str:
    return next((value.decode("latin1") for name, value in scope["headers"] if name == b"accept-language"), "")


def session_cookie(scope: Any) -> str | None:
    for name, value in scope["headers"]:
        if name != b"cookie":
            continue
        try:
            cookies = SimpleCookie(value.decode("latin1"))
        except CookieError:
            return None
        if settings.SESSION_COOKIE_NAME in cookies:
            return cookies[settings.SESSION_COOKIE_NAME].value
    return None
