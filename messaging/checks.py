"""What is wrong with a configuration, in one sentence with a way out."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?")


@register()
def kafka_needs_company(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Redis needs nothing else; Kafka needs Redis and a real database, which several processes can share."""
    if settings.EMBEDDED:
        return []
    found: list[CheckMessage] = []
    if not settings.REDIS_URL:
        found.append(
            Error("KAFKA_BOOTSTRAP_SERVERS is set without REDIS_URL: web and bridge would not hear of each other.",
                  hint="Set REDIS_URL, or unset KAFKA_BOOTSTRAP_SERVERS.", id="chatsite.E001")
        )  # fmt: skip
    if "sqlite" in str(settings.DATABASES["default"]["ENGINE"]):
        found.append(
            Error("KAFKA_BOOTSTRAP_SERVERS is set with SQLite: it has one writer, and Kafka is for several processes.",
                  hint="Set DATABASE_URL to a MySQL or MariaDB, or unset KAFKA_BOOTSTRAP_SERVERS.", id="chatsite.E002")
        )  # fmt: skip
    return found


@register()
def origins_are_origins(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(f"ALLOWED_ORIGINS contains {origin!r}, which is not scheme://host[:port] without a path.",
              hint="For example https://chat.example.org", id="chatsite.E003")
        for origin in settings.ALLOWED_ORIGINS
        if not ORIGIN.fullmatch(origin)
    ]  # fmt: skip
