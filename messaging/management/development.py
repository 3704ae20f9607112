"""What tells a development stack from one that people depend on."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

LOCAL = {"", "127.0.0.1", "localhost", "::1", "[::1]"}


def refusal() -> str:
    """Why this is no development stack, or nothing: it has to say that it is one, and be on this machine."""
    if not settings.CHAT_DEMO:
        return "set CHAT_DEMO=1 to say that this is one"
    if public := [host for host in settings.ALLOWED_HOSTS if host not in LOCAL]:
        return f"ALLOWED_HOSTS names {public[0]}"
    if settings.NAMED_ORIGINS:
        return "ALLOWED_ORIGINS is set, and people here come from a port of their own"
    places = {"the database": str(settings.DATABASES["default"].get("HOST") or "")}
    if not settings.EMBEDDED:
        places["Redis"] = urlsplit(settings.REDIS_URL).hostname or ""
        servers = settings.CHAT_LOG["BOOTSTRAP_SERVERS"]
        places |= {f"Kafka {server}": server.rpartition(":")[0] for server in servers}
    far = [name for name, host in places.items() if host not in LOCAL]
    return f"{far[0]} is on another machine" if far else ""
