from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonManager(UserManager):
    def get_by_natural_key(self, username: str | None) -> User:  # type: ignore[override]
        """Ada and ada are one person, on every database."""
        return self.get(username__iexact=username)  # type: ignore[return-value]


class User(AbstractUser):
    """A person. Never deleted: rooms and messages point here; an account that ends is made inactive."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    name = models.CharField(_("display name"), max_length=60, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)
    mail_mentions = models.BooleanField(_("mail me about mentions"), default=True, db_default=True)

    objects = PersonManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    @property
    def display_name(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name

    def clean(self) -> None:
        super().clean()
        self.name = " ".join(self.name.split())

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise models.ProtectedError("People are made inactive, not deleted.", {self})
