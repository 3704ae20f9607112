from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from messaging.admin.read_only import ReadOnlyAdmin
from messaging.fetching.post import is_allowed
from messaging.models import Room, Webhook, WebhookDelivery


class WebhookForm(forms.ModelForm):
    url = forms.URLField(label=capfirst(_("address")), max_length=500, assume_scheme="https")

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if urlsplit(url).username is not None or (urlsplit(url).scheme != "https" and not is_allowed(url)):
            raise forms.ValidationError(_("An https address, without a name and password in it."))
        return url

    def clean_room(self) -> Room | None:
        room: Room | None = self.cleaned_data["room"]
        if room is not None and room.kind == Room.Kind.DIRECT:
            raise forms.ValidationError(_("What people say directly to each other is not sent elsewhere."))
        return room


@admin.register(Webhook)
class WebhookAdmin(admin.ModelAdmin):
    """Addresses that are told what happens. Enabling one again starts it anew."""

    form = WebhookForm
    fields = ("url", "room", "events", "secret", "enabled")
    raw_id_fields = ("room",)
    list_display = ("url", "room", "events", "enabled", "failures", "due_at", "created_by", "created_at")
    list_filter = ("enabled",)
    list_select_related = ("room", "created_by")
    ordering = ("-pk",)

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        if "enabled" in form.changed_data:
            obj.failures, obj.due_at = 0, timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("event_id", "webhook", "created_at", "tries", "outcome", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    list_select_related = ("webhook",)
    exclude = ("body",)
    ordering = ("-pk",)
