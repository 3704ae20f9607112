"""News about people that starts in a request: told at once, best effort (what is lost is found by the next check)."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import transaction

from messaging.live.broadcast import MembershipChange, PeopleNews, announce_from_thread, session_name
from messaging.models import Membership, Sanction

logger = logging.getLogger(__name__)


def tell_members(room: int, users: Iterable[int]) -> None:
    """Open sockets of these people read their place in the room anew."""
    _tell(PeopleNews(memberships=[MembershipChange(room, user) for user in users]))


def tell_sanctioned(sanction: Sanction) -> None:
    """Open sockets of this person close with 4403, lose a room, or learn whether they may write."""
    if sanction.room_id is not None:
        tell_members(sanction.room_id, [sanction.user_id])
    elif sanction.bars_from_site and sanction.lifted_at is None:
        _tell(PeopleNews(banned=[sanction.user_id]))
    else:
        rooms = Membership.objects.filter(user_id=sanction.user_id).values_list("room_id", flat=True)
        _tell(PeopleNews(memberships=[MembershipChange(room, sanction.user_id) for room in rooms]))


def tell_decided(sanction: Sanction | None, told: Iterable[int]) -> None:
    """What a moderator decided reaches the open sockets of the people concerned."""
    if sanction is not None:
        tell_sanctioned(sanction)
    _tell(PeopleNews(notified=list(told)))


def tell_room_changed(room: int) -> None:
    """Everybody in this room learns its name, topic and slow mode anew."""
    _tell(PeopleNews(rooms=[room]))


def tell_signed_out(session_keys: Iterable[str]) -> None:
    """Open sockets of these sessions close with 4401."""
    _tell(PeopleNews(signed_out=[session_name(key) for key in session_keys]))


def _tell(news: PeopleNews) -> None:
    """Once it is committed: whoever hears of it reads the database."""
    transaction.on_commit(lambda: _announce(news))


def _announce(news: PeopleNews) -> None:
    try:
        announce_from_thread([], news)
    except Exception as error:  # the live layer may be away; the request has done its work
        logger.warning("people are not told: %r", error)
