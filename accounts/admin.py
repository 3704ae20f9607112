from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.avatars import remove_avatar
from accounts.models import User


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Nobody is deleted here: an account that ends is made inactive."""

    list_display = ("username", "name", "email", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username", "name", "email")
    actions = ("remove_pictures",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email", "language", "time_zone")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    @admin.action(description=_("Remove their pictures"), permissions=["change"])
    def remove_pictures(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Pictures that nobody should have to see; who had none is left alone."""
        for person in people.exclude(avatar=""):
            remove_avatar(person)
            self.log_change(request, person, "Removed the picture.")
