"""The type of a request behind `login_required` or the API's authentication."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """For annotations only: there somebody is signed in."""

    user: User
