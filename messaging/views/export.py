"""A person takes their data along."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from messaging.selectors.export import person_lines


@login_required
@require_GET
@never_cache
def export_mine(request: SignedInRequest) -> StreamingHttpResponse:
    """JSON Lines as a download, written while they are read."""
    name = f"chatsite-{timezone.now():%Y-%m-%d}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(person_lines(request.user), content_type="application/jsonl", headers=headers)
