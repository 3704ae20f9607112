from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from messaging.actions import held as held_messages
from messaging.actions.authority import site_rank
from messaging.actions.filters import book, dry_run, finder_of
from messaging.admin.read_only import ReadOnlyAdmin
from messaging.errors import Rejection
from messaging.live.notify import tell_decided
from messaging.models import HeldMessage, Room, WordFilter
from messaging.wire.word_match import BadPattern


class FilterForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or {}
        try:
            finder_of(fields.get("kind", ""), fields.get("pattern", ""))
        except BadPattern as why:
            self.add_error("pattern", _("This pattern cannot be used: %(why)s") % {"why": why})
        return fields


@admin.register(WordFilter)
class WordFilterAdmin(admin.ModelAdmin):
    """Made, tried over the last 30 days, switched on; never deleted, for reports name them."""

    form = FilterForm
    fields = ("name", "kind", "pattern", "action", "room", "is_active")
    raw_id_fields = ("room",)
    list_display = ("name", "kind", "action", "room", "is_active", "made_by", "made_at")
    list_select_related = ("room", "made_by")
    ordering = ("-is_active", "name")
    actions = ("try_out",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: WordFilter, form: Any, change: bool) -> None:
        if not change:
            obj.made_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        book.reload()

    @admin.action(description=_("Try over the last 30 days (changes nothing)"), permissions=["view"])
    def try_out(self, request: HttpRequest, chosen: QuerySet[WordFilter]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("What these filters would have found"),
            "opts": self.opts,
            "runs": [(one, dry_run(one)) for one in chosen],
        }
        return TemplateResponse(request, "admin/messaging/wordfilter/dry_run.html", context)


@admin.register(HeldMessage)
class HeldMessageAdmin(ReadOnlyAdmin):
    """What filters hold back. Texts of rooms that are not public are not shown in the list."""

    list_display = ("held_at", "sender", "room", "text", "filter", "state", "decided_by")
    list_display_links = ("held_at",)
    list_filter = ("state",)
    list_select_related = ("sender", "room", "filter", "decided_by")
    fields = ("sender", "room", "filter", "held_at", "state", "decided_by", "decided_at")
    ordering = ("-state", "-id")
    actions = ("let_pass", "discard")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site_rank(request.user) > 0  # type: ignore[arg-type]

    @admin.display(description=_("text"))
    def text(self, held: HeldMessage) -> str:
        if held.room.kind != Room.Kind.PUBLIC:
            return _("%(count)d characters, in a room that is not public") % {"count": len(held.body)}
        return str(Truncator(held.body).chars(200))

    @admin.action(description=_("Let the selected messages pass"))
    def let_pass(self, request: HttpRequest, chosen: QuerySet[HeldMessage]) -> None:
        for held in chosen:
            try:
                held_messages.release(request.user, held.pk)  # type: ignore[arg-type]
            except Rejection as why:
                messages.error(request, why.message)

    @admin.action(description=_("Discard the selected messages"))
    def discard(self, request: HttpRequest, chosen: QuerySet[HeldMessage]) -> None:
        for held in chosen.select_related("filter"):
            try:
                held_messages.discard(request.user, held.pk, held.filter.name)  # type: ignore[arg-type]
            except Rejection as why:
                messages.error(request, why.message)
            else:
                tell_decided(None, [held.sender_id])
