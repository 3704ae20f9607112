from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session

from accounts.models import User


def user_of_session(session_key: str) -> User | None:
    """The active person who is signed in with this session, judged exactly as for a request; None for anybody else."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]
    return user if isinstance(user, User) and user.is_active else None


def session_keys_of(user: User) -> list[str]:
    """All sessions this person is signed in with. Reads every live session: for password changes, not for pages."""
    own = str(user.pk)
    sessions = Session.objects.all().iterator()
    return [session.session_key for session in sessions if session.get_decoded().get("_auth_user_id") == own]
