"""News about people that starts in a request: told at once, best effort (what is lost is found by the next check)."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from messaging.live.broadcast import MembershipChange, PeopleNews, announce_from_thread, session_name

logger = logging.getLogger(__name__)


def tell_members(room: int, users: Iterable[int]) -> None:
    """Open sockets of these people read their place in the room anew."""
    _tell(PeopleNews(memberships=[MembershipChange(room, user) for user in users]))


def tell_signed_out(session_keys: Iterable[str]) -> None:
    """Open sockets of these sessions close with 4401."""
    _tell(PeopleNews(signed_out=[session_name(key) for key in session_keys]))


def _tell(news: PeopleNews) -> None:
    try:
        announce_from_thread([], news)
    except Exception as error:  # the live layer may be away; the request has done its work
        logger.warning("people are not told: %r", error)
