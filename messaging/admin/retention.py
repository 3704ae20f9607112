from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from messaging.models import RetentionRule


@admin.register(RetentionRule)
class RetentionRuleAdmin(admin.ModelAdmin):
    """How long messages are kept. `manage.py purge` does it."""

    fields = ("room", "days", "legal_hold", "note")
    raw_id_fields = ("room",)
    list_display = ("place", "days", "legal_hold", "note")
    list_select_related = ("room",)
    ordering = ("room_id",)

    @admin.display(description=_("room"))
    def place(self, rule: RetentionRule) -> str:
        return str(rule.room or _("the whole site"))
