from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user, login, views
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.generic import CreateView, UpdateView

from accounts.actions import end_other_sessions, tell_session_ended
from accounts.forms import AvatarForm, ProfileForm, SignUpForm
from accounts.models import User
from accounts.selectors import blocks_of


class SignUp(views.RedirectURLMixin, CreateView):
    """Make an account and sign in. One who is signed in already is sent on."""

    form_class = SignUpForm
    template_name = "accounts/signup.html"
    next_page = "/"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def form_valid(self, form: BaseForm) -> HttpResponse:
        person = form.save()  # type: ignore[attr-defined]
        login(self.request, person, backend="django.contrib.auth.backends.ModelBackend")
        return HttpResponseRedirect(self.get_success_url())


class Login(views.LoginView):
    template_name = "accounts/login.html"
    redirect_authenticated_user = True


class Logout(views.LogoutView):
    """POST only, so that no picture on another page can sign anybody out. What the browser kept for the page goes."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        session_key = request.session.session_key
        response = super().post(request, *args, **kwargs)
        tell_session_ended(session_key)
        response["Clear-Site-Data"] = '"storage"'
        return response


class PasswordChange(views.PasswordChangeView):
    """Signs this person out everywhere else."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: BaseForm) -> HttpResponse:
        with end_other_sessions(self.request):  # type: ignore[arg-type]
            response = super().form_valid(form)  # type: ignore[arg-type]
        messages.success(self.request, _("Your password is changed."))
        return response


class PasswordReset(views.PasswordResetView):
    template_name = "accounts/password_reset.html"
    email_template_name = "accounts/mail/password_reset.txt"
    subject_template_name = "accounts/mail/password_reset_subject.txt"
    success_url = reverse_lazy("accounts:password-reset-sent")


class PasswordResetSent(views.PasswordResetDoneView):
    template_name = "accounts/password_reset_sent.html"


class PasswordResetConfirm(views.PasswordResetConfirmView):
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:password-reset-done")


class PasswordResetDone(views.PasswordResetCompleteView):
    template_name = "accounts/password_reset_done.html"


class Profile(LoginRequiredMixin, UpdateView):
    form_class = ProfileForm
    template_name = "accounts/profile.html"
    success_url = reverse_lazy("accounts:profile")

    def get_object(self, queryset: object = None) -> User:
        # Read anew: a form that does not validate must not change the name shown in this page's header.
        return get_user(self.request)  # type: ignore[return-value]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("avatar_form", AvatarForm())
        return super().get_context_data(blocks=blocks_of(self.get_object().pk), **kwargs)

    def form_valid(self, form: BaseForm) -> HttpResponse:
        messages.success(self.request, _("Your profile is saved."))
        return super().form_valid(form)  # type: ignore[arg-type]
