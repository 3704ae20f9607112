"""Whether this process lives, and whether it can serve. Both on the serving port, for probes."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


async def livez(request: HttpRequest) -> JsonResponse:
    """Never tests a dependency: a database that is away is no reason to kill this process."""
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests can be answered, 503 with the reason while they cannot."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "not ready", "reason": "database"}, status=503)
    return JsonResponse({"status": "ready"})
