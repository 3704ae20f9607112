from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext
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
    shares_reading = models.BooleanField(_("show what I have read"), default=True, db_default=True)
    mail_mentions = models.BooleanField(_("mail me about mentions"), default=True, db_default=True)

    avatar = models.CharField(_("picture"), max_length=60, blank=True, default="", db_default="", editable=False)
    """The name of the picture in `accounts.avatars`; blank: none, initials stand for it."""

    closed_at = models.DateTimeField(_("account deleted"), null=True, blank=True, editable=False)
    """Since then this row stands for somebody whose data is gone."""

    objects = PersonManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    @property
    def display_name(self) -> str:
        if self.closed_at is not None:
            return gettext("Deleted person")
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


class SignIn(models.Model):
    """A browser somebody is signed in with. Only a description: whether it is valid, the session says."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    user_agent = models.CharField(max_length=250, blank=True)
    signed_in_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return f"sign-in of user {self.user_id}"


class Block(models.Model):
    """`by` does not want to read `person`. Nobody else is told; history and delivery stay as they are."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="blocks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = [models.UniqueConstraint(fields=["by", "person"], name="one_block_a_person")]

    def __str__(self) -> str:
        return f"user {self.by_id} blocks user {self.person_id}"
