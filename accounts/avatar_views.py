"""A person's picture: putting it up, taking it down, and showing it to those who are signed in."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.avatars import picture_at, put_avatar, remove_avatar
from accounts.forms import AvatarForm
from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.views import Profile

logger = logging.getLogger(__name__)

IMMUTABLE = "private, max-age=31536000, immutable"
"""A name is never used for another picture; and no shared cache shows it to those who are not signed in."""


@require_GET
def avatar(request: HttpRequest, name: str) -> HttpResponse:
    # Not a way to the sign-in form: a picture cannot follow it.
    picture = picture_at(name) if request.user.is_authenticated else None
    if picture is None:
        raise Http404
    headers = {"Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(picture, content_type="image/webp", headers=headers)


class ChangeAvatar(Profile):
    """The profile's page again, with what is wrong with the picture; nothing else of the profile is changed."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # After a refusal this address is in the bar.
        return redirect("accounts:profile")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = get_user(request)
        assert isinstance(user, User)  # noqa: S101 - LoginRequiredMixin says so
        form = AvatarForm(request.POST, request.FILES)
        status = 200
        if form.is_valid():
            try:
                put_avatar(user, form.cleaned_data["picture"])
            except OSError as error:
                logger.error("a picture cannot be kept: %s", error)
                form.add_error("picture", _("Your picture could not be kept here. Try again later."))
                status = 507
            else:
                messages.success(request, _("Your picture is saved."))
                return redirect("accounts:profile")
        self.object = user
        context = self.get_context_data(form=self.form_class(instance=user), avatar_form=form)
        return self.render_to_response(context, status=status)


@login_required
@require_POST
def remove(request: SignedInRequest) -> HttpResponse:
    remove_avatar(request.user)
    messages.success(request, _("Your picture is removed."))
    return redirect("accounts:profile")
