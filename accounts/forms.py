from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UserCreationForm
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.pictures import BYTES_MOST, BadPicture, avatar_picture


class SignUpForm(UserCreationForm):
    """A name of 2 to 30 letters, digits, dots, dashes or underscores; unique whatever its case."""

    username = forms.RegexField(
        label=_("Username"),
        regex=r"^[\w.-]{2,30}$",
        error_messages={"invalid": _("Use 2 to 30 letters, digits, dots, dashes or underscores.")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )

    class Meta:
        model = User
        fields = ["username"]

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(_("This name is taken."), code="unique")
        return username


class ProfileForm(forms.ModelForm):
    """Blank language or zone: the browser's."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As in the browser")), *settings.LANGUAGES]
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=40,
        help_text=_("For example Europe/Berlin; blank: the browser's"),
    )

    class Meta:
        model = User
        fields = ["name", "email", "mail_mentions", "shares_reading", "language", "time_zone"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone and zone not in zoneinfo.available_timezones():
            raise forms.ValidationError(_("There is no such time zone."))
        return zone

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = _("What others see; blank: your username")
        self.fields["mail_mentions"].help_text = _("When you do not look for a while; needs an address")
        self.fields["shares_reading"].help_text = _("In rooms of up to 50 people; off: nor do you see what others read")


class AvatarForm(forms.Form):
    """`picture`, once it is valid, is the WebP to keep."""

    picture = forms.FileField(
        label=_("Picture"),
        help_text=_("PNG, JPEG or WebP, up to 4 MB. Everybody who is signed in can see it."),
        error_messages={"required": _("Choose a picture first."), "empty": _("This file is empty.")},
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )

    def clean_picture(self) -> bytes:
        file = self.cleaned_data["picture"]
        if file.size > BYTES_MOST:
            raise forms.ValidationError(_("This file is too large: 4 MB are the most."))
        try:
            return avatar_picture(file)
        except BadPicture as why:
            raise forms.ValidationError(why.message) from why


class CloseAccountForm(forms.Form):
    """The password of the one who is signed in."""

    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self._user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not self._user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password
