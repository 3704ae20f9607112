from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import Block, SignIn, User


def user_of_session(session_key: str) -> User | None:
    """The active person who is signed in with this session, judged exactly as for a request; None for anybody else."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]
    return user if isinstance(user, User) and user.is_active else None


def valid_sessions(session_keys: Collection[str]) -> set[str]:
    """Those that still sign an active person in: what `user_of_session` says, for many sessions in two queries."""
    rows = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    decoded = {row.session_key: row.get_decoded() for row in rows}
    people = User.objects.in_bulk({int(data.get(SESSION_KEY, 0)) for data in decoded.values()})
    return {
        key
        for key, data in decoded.items()
        if _is_good(people.get(int(data.get(SESSION_KEY, 0))), data.get(HASH_SESSION_KEY))
    }


def _is_good(person: User | None, session_hash: str | None) -> bool:
    if person is None or not person.is_active or not session_hash:
        return False
    hashes = [person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session_hash, one) for one in hashes)


def session_keys_of(user: User) -> list[str]:
    """All sessions this person is signed in with. Reads every live session: for password changes, not for pages."""
    own = str(user.pk)
    sessions = Session.objects.all().iterator()
    return [session.session_key for session in sessions if session.get_decoded().get("_auth_user_id") == own]


def sign_ins_of(user: User) -> list[SignIn]:
    """Where this person is signed in now, latest first. Descriptions of sessions that have ended are forgotten."""
    found = list(user.sign_ins.order_by("-last_seen_at"))
    valid = valid_sessions([one.session_key for one in found])
    SignIn.objects.filter(pk__in=[one.pk for one in found if one.session_key not in valid]).delete()
    return [one for one in found if one.session_key in valid]


def blocks_of(user_id: int) -> QuerySet[Block]:
    return Block.objects.filter(by_id=user_id).select_related("person").order_by("person__username")
