"""Deleting an account: the person goes, the row stays, because rooms and messages point at it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.avatars import remove_avatar
from accounts.models import Block, SignIn, User
from accounts.selectors import session_keys_of
from accounts.sign_ins import forget_session
from accounts.signals import account_closed, sessions_ended


def close_account(user: User) -> None:
    """Anonymise, sign out everywhere (sockets close), and let others who listen do their part. For ever."""
    keys = session_keys_of(user)
    with transaction.atomic():
        account_closed.send(User, user=user)
        remove_avatar(user)
        _anonymise(user)
        SignIn.objects.filter(user=user).delete()
        Block.objects.filter(by=user).delete()
        for key in keys:
            forget_session(key)
        transaction.on_commit(lambda: sessions_ended.send(User, session_keys=keys))


def _anonymise(user: User) -> None:
    user.username = f"deleted:{user.pk}"  # a colon: nobody can sign up under such a name
    user.name = user.email = user.language = user.time_zone = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.closed_at = timezone.now()
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
