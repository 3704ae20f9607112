"""What somebody does with their own account: its sessions, whom they block, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import FormView

from accounts.blocks import block_person, unblock_person
from accounts.closing import close_account
from accounts.forms import CloseAccountForm
from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.selectors import sign_ins_of
from accounts.sign_ins import device_name, end_sign_in


@login_required
@require_GET
@never_cache
def sessions(request: SignedInRequest) -> HttpResponse:
    own = request.session.session_key
    found = [
        {"id": one.pk, "device": device_name(one.user_agent), "row": one, "is_this": one.session_key == own}
        for one in sign_ins_of(request.user)
    ]
    return render(request, "accounts/sessions.html", {"sessions": found})


@login_required
@require_POST
def end_session(request: SignedInRequest, sign_in_id: int) -> HttpResponse:
    if end_sign_in(request.user, sign_in_id):
        messages.success(request, _("Signed out there."))
    else:
        messages.info(request, _("That session is over already."))
    return redirect("accounts:sessions")


@login_required
@require_POST
def block(request: SignedInRequest) -> HttpResponse:
    username = request.POST.get("username", "").strip()
    person = User.objects.filter(username__iexact=username, is_active=True).first()
    if person is None:
        messages.error(request, _("There is nobody called “%(name)s” here.") % {"name": username})
    elif not block_person(request.user, person):
        messages.error(request, _("You cannot block yourself."))
    return redirect("accounts:profile")


@login_required
@require_POST
def unblock(request: SignedInRequest, person_id: int) -> HttpResponse:
    unblock_person(request.user, person_id)
    return redirect("accounts:profile")


class CloseAccount(LoginRequiredMixin, FormView):
    form_class = CloseAccountForm
    template_name = "accounts/close.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: CloseAccountForm) -> HttpResponse:
        user = get_user(self.request)
        assert isinstance(user, User)  # noqa: S101 - LoginRequiredMixin says so
        logout(self.request)
        close_account(user)
        messages.success(self.request, _("Your account is deleted."))
        return redirect("accounts:login")
