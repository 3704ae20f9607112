from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from messaging.actions.authority import site_rank
from messaging.admin.read_only import ReadOnlyAdmin
from messaging.models import ModerationAction


@admin.register(ModerationAction)
class ModerationLogAdmin(ReadOnlyAdmin):
    """What moderators did and looked at: to read and to take along, never to change."""

    list_display = ("at", "deed", "by", "person", "room", "seq", "reason")
    list_display_links = ("at",)
    list_filter = ("deed",)
    list_select_related = ("by", "person", "room")
    search_fields = ("=by__username", "=person__username")
    ordering = ("-id",)
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    actions = ("export",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site_rank(request.user) > 0  # type: ignore[arg-type]

    @admin.action(description=_("Export the selected lines (JSON Lines)"))
    def export(self, request: HttpRequest, chosen: QuerySet[ModerationAction]) -> StreamingHttpResponse:
        headers = {
            "Content-Disposition": 'attachment; filename="moderation.jsonl"',
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingHttpResponse(_lines(chosen), content_type="application/jsonl", headers=headers)


def _lines(actions: QuerySet[ModerationAction]) -> Iterator[bytes]:
    fields = ("id", "at", "deed", "by", "person", "room", "seq", "case", "sanction", "reason")
    for row in actions.order_by("id").values(*fields).iterator(chunk_size=500):
        yield msgspec.json.encode(row) + b"\n"
