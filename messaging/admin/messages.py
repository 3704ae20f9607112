from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from messaging.admin.read_only import ReadOnlyAdmin
from messaging.models import Message, Room


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages of public rooms. Those of private and direct rooms are not an operator's to read."""

    list_display = ("room", "seq", "sender", "text", "created_at", "edited_at", "deleted_at")
    list_display_links = ("seq",)
    list_select_related = ("room", "sender")
    search_fields = ("=sender__username",)
    ordering = ("-id",)
    show_full_result_count = False
    """Counting tens of millions of rows for one line of text takes longer than the page."""
    show_facets = ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).filter(room__kind=Room.Kind.PUBLIC)

    @admin.display(description=_("text"))
    def text(self, message: Message) -> str:
        return str(Truncator(message.body).chars(80))
