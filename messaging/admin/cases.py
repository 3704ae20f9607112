from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ShowFacets
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from messaging.actions.authority import site_rank
from messaging.actions.cases import act, note_view
from messaging.admin.dashboard import dashboard_view
from messaging.admin.read_only import ReadOnlyAdmin
from messaging.errors import Rejection
from messaging.live.notify import tell_decided
from messaging.models import Deed, ModerationCase
from messaging.selectors.moderation import is_late, late_since, with_strikes
from messaging.views.moderation import case_context, decide, reason_names

LATE = '{} <span class="chip" data-tone="danger">{}</span>'


class StateFilter(admin.SimpleListFilter):
    """Open cases, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("mine")), ("late", _("late")), ("decided", _("decided")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        chosen = self.value()
        for value, name in [(None, _("open")), *self.lookup_choices]:
            query = changelist.get_query_string(*([{self.parameter_name: value}] if value else [{}, ["state"]]))
            yield {"selected": chosen == value, "query_string": query, "display": name}

    def queryset(self, request: Any, queryset: QuerySet[ModerationCase]) -> QuerySet[ModerationCase]:
        opened = queryset.filter(state=ModerationCase.State.OPEN)
        match self.value():
            case "mine":
                return opened.filter(assignee=request.user)
            case "late":
                return opened.filter(opened_at__lt=late_since())
            case "decided":
                return queryset.filter(state=ModerationCase.State.DECIDED)
            case "all":
                return queryset
            case _:
                return opened


@admin.register(ModerationCase)
class CaseAdmin(ReadOnlyAdmin):
    """The moderators' queue, and one case with all that is needed to decide it."""

    list_display = ("message", "what", "shown_score", "strikes", "age", "assignee", "flags")
    list_display_links = ("message",)
    list_filter = (StateFilter,)
    list_per_page = 50
    search_fields = ("=author__username",)
    ordering = ("-state", "-score", "id")
    list_select_related = ()
    """`with_strikes` reads them."""
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    actions = ("claim", "dismiss")

    def get_urls(self) -> list[Any]:
        own = path("dashboard/", self.admin_site.admin_view(dashboard_view), name="messaging_dashboard")
        return [own, *super().get_urls()]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site_rank(request.user) > 0  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModerationCase]:
        return with_strikes(super().get_queryset(request))

    @admin.display(description=_("message"))
    def message(self, case: ModerationCase) -> str:
        return _("%(name)s in %(room)s") % {"name": case.author.display_name, "room": case.room}

    @admin.display(description=_("reasons"))
    def what(self, case: ModerationCase) -> str:
        return " · ".join(f"{name} × {count}" for name, count in reason_names(case))

    @admin.display(description=_("score"), ordering="score")
    def shown_score(self, case: ModerationCase) -> str:
        return f"{case.score:.1f}"

    @admin.display(description=_("strikes"))
    def strikes(self, case: ModerationCase) -> int:
        return int(case.strikes)  # type: ignore[attr-defined]

    @admin.display(description=_("age"), ordering="opened_at")
    def age(self, case: ModerationCase) -> str:
        if is_late(case):
            return format_html(
                '{} <span class="chip" data-tone="danger">{}</span>', timesince(case.opened_at), _("late")
            )
        return timesince(case.opened_at)

    @admin.display(description=_("state"))
    def flags(self, case: ModerationCase) -> str:
        shown = case.get_outcome_display() or case.get_state_display()
        if case.is_hidden:
            return format_html('{} <span class="chip">{}</span>', shown, _("hidden"))
        return shown

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        case = self.get_object(request, object_id)
        if case is None or not self.has_view_permission(request):
            raise Http404
        if request.method == "POST" and decide(request, case):
            return redirect("admin:messaging_moderationcase_changelist")
        note_view(request.user, case)
        context = {
            **self.admin_site.each_context(request),
            **case_context(request, case),
            "title": self.message(case),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/messaging/moderationcase/case.html", context)

    @admin.action(description=_("Take the selected cases"))
    def claim(self, request: HttpRequest, chosen: QuerySet[ModerationCase]) -> None:
        self._act_on_all(request, chosen, Deed.CLAIM, "")

    @admin.action(description=_("Dismiss the selected cases"))
    def dismiss(self, request: HttpRequest, chosen: QuerySet[ModerationCase]) -> HttpResponse | None:
        """Asks for the reason first."""
        if "reason" in request.POST:
            self._act_on_all(request, chosen, Deed.DISMISS, request.POST["reason"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Dismiss the selected cases"),
            "opts": self.opts,
            "cases": [(case.pk, self.message(case), self.what(case)) for case in chosen],
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/messaging/moderationcase/dismiss.html", context)

    def _act_on_all(self, request: Any, chosen: QuerySet[ModerationCase], deed: Deed, reason: str) -> None:
        """Each in a transaction of its own: one that somebody else has handled does not hold up the others."""
        done = 0
        for case in chosen:
            try:
                decision = act(request.user, case.pk, deed, reason)
            except Rejection as why:
                messages.error(request, f"{self.message(case)}: {why.message}")
            else:
                tell_decided(decision.sanction, decision.told)
                done += 1
        if done:
            messages.success(request, ngettext("%(count)d case.", "%(count)d cases.", done) % {"count": done})
