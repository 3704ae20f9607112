from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.selectors import session_keys_of
from accounts.signals import sessions_ended


def tell_session_ended(session_key: str | None) -> None:
    """Announce a sign-out once it is committed."""
    if session_key:
        transaction.on_commit(lambda: sessions_ended.send(User, session_keys=[session_key]))


@contextmanager
def end_other_sessions(request: SignedInRequest) -> Iterator[None]:
    """Around a change of password: every session it invalidates is announced, but for the one that goes on.

    (That one gets a new key too: its socket reconnects with it.)
    """
    before = session_keys_of(request.user)
    yield
    transaction.on_commit(lambda: sessions_ended.send(User, session_keys=before))
