from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelChoiceField, ModelForm, TextInput
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from messaging.actions import moderate
from messaging.errors import Rejection
from messaging.live.notify import tell_sanctioned
from messaging.models import Deed, Sanction


class SanctionForm(ModelForm):
    """Saves by the action, which also writes the command for the log and knows what may not be."""

    user = ModelChoiceField(
        User.objects.all(), to_field_name="username", label=capfirst(_("person")), help_text=_("The user name."),
        widget=TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"invalid_choice": _("Nobody has this user name.")},
    )  # fmt: skip
    imposed_by: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "until" in self.fields:  # one label for two fields is none for either
            for widget, label in zip(self.fields["until"].widget.widgets, (_("Date"), _("Time")), strict=True):
                widget.attrs["aria-label"] = label

    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.instance = moderate.impose(
                    self.imposed_by,
                    fields["user"],
                    fields["kind"],
                    room=fields["room"],
                    until=fields["until"],
                    reason=fields["reason"],
                )
            except Rejection as why:
                raise ValidationError(why.message) from why
        return fields

    def _post_clean(self) -> None:
        """Nothing is left to be copied onto the instance: it is stored."""


@admin.register(Sanction)
class SanctionAdmin(admin.ModelAdmin):
    """Mutes, kicks and bans: imposed and lifted here, never changed or deleted."""

    form = SanctionForm
    fields = ("user", "kind", "room", "until", "reason")
    raw_id_fields = ("room",)
    list_display = ("user", "kind", "room", "until", "reason", "imposed_by", "imposed_at", "lifted_at")
    list_filter = ("kind",)
    list_select_related = ("user", "room", "imposed_by")
    search_fields = ("=user__username",)
    ordering = ("-pk",)
    actions = ("lift",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.imposed_by = request.user  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: Sanction, form: Any, change: bool) -> None:
        moderate.note(request.user, Deed.SANCTION, obj)  # type: ignore[arg-type]
        tell_sanctioned(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Lift the selected sanctions"), permissions=["add"])
    def lift(self, request: HttpRequest, chosen: QuerySet[Sanction]) -> None:
        for sanction in chosen.filter(lifted_at=None):
            moderate.lift(sanction, request.user)  # type: ignore[arg-type]
            sanction.refresh_from_db()
            tell_sanctioned(sanction)
        messages.success(request, _("Lifted."))
