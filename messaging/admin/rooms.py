from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from messaging.admin.read_only import ReadOnlyAdmin
from messaging.models import Membership, Room


class MembershipInline(admin.TabularInline):
    model = Membership
    fields = readonly_fields = ("user", "role", "read_seq", "joined_at")
    can_delete = False
    extra = 0
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Room)
class RoomAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "kind", "members", "messages", "created_at", "archived_at")
    list_filter = ("kind",)
    search_fields = ("name", "topic")
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return super().get_queryset(request).select_related("head").annotate(member_count=Count("memberships"))

    @admin.display(description=_("members"))
    def members(self, room: Room) -> int:
        return int(room.member_count)  # type: ignore[attr-defined]

    @admin.display(description=_("messages"))
    def messages(self, room: Room) -> int:
        return int(room.head.seq)
