"""What announcements may have lost, found by asking the database now and then: the live layer is only a hint."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from accounts.selectors import valid_sessions
from messaging import limits
from messaging.actions.filters import book
from messaging.models import Sanction
from messaging.selectors import standing
from messaging.threads import in_database
from messaging.wire.close_codes import CloseCode

if TYPE_CHECKING:
    from messaging.live.hub import Hub
    from messaging.live.session import Session

logger = logging.getLogger(__name__)

Check = Callable[[], Awaitable[object]]

PARTS = 20
"""Whether people may still be here is asked for so many parts of them in turn: asked for thousands at once, the answers
are half a second's work, in which nobody is told anything."""


class Rechecks:
    """The clocks of a hub. Each check is a fixed number of queries, unless it finds something."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._sanctions: dict[int, Sanction] = {}
        """Those in force against people here, as last read."""

    def clocks(self) -> list[Coroutine[Any, Any, None]]:
        """Jobs that run until they are cancelled."""
        return [
            self._every("BADGES_EVERY_S", self.flush_badges),
            self._every("REV_CHECK_EVERY_S", self.find_holes),
            self._check_people(),
            self._every("SLOW_CHECK_S", self.look_after_the_slow),
            self._every("FILTERS_EVERY_S", reload_filters),
        ]

    async def _every(self, limit: str, check: Check) -> None:
        while True:
            await asyncio.sleep(getattr(limits, limit))
            await guarded(check)

    async def _check_people(self) -> None:
        """Everybody once in SESSION_CHECK_EVERY_S, whenever they came."""
        while True:
            for part in range(PARTS):
                await asyncio.sleep(limits.SESSION_CHECK_EVERY_S / PARTS)
                sessions = [session for session in self._hub.sessions if session.user_id % PARTS == part]
                if sessions:
                    for check in (self.close_ended_sessions, self.follow_sanctions, self.follow_memberships):
                        await guarded(partial(check, sessions))

    async def flush_badges(self) -> None:
        """Badges of the last second leave; groups that could not be joined are tried again."""
        await guarded(self._hub.settle_groups)
        for session in tuple(self._hub.sessions):
            if session.changed_rooms:
                session.flush_rooms()
            if session.stale_badges:
                session.flush_badges()

    async def find_holes(self) -> None:
        """Rooms that are further than what was announced here, or have other members."""
        known = {room: local.head for room, local in self._hub.rooms.items()}
        for busy in self._hub.rooms.values():
            busy.ring.forget_old()
        if not known:
            return
        for room, head in (await in_database(standing.heads, list(known))).items():
            local = self._hub.rooms.get(room)
            if local is None:
                continue
            async with local.lock:
                if head.members_version > local.members_version:
                    await self._hub.recheck_members(room, local, head.members_version)
                if head.rev > local.head and local.head == known[room]:
                    await self._hub.catch_up(room, local)

    async def close_ended_sessions(self, sessions: Collection[Session]) -> None:
        """Only a definite no from the database closes a socket."""
        checked = tuple(sessions)
        good = await in_database(valid_sessions, {session.session_key for session in checked})
        for session in checked:
            if session.session_key not in good:
                session.close(CloseCode.NOT_SIGNED_IN)

    async def follow_sanctions(self, sessions: Collection[Session]) -> None:
        """Kicks, bans and mutes of these people that are in force, or no longer."""
        hub, users = self._hub, {session.user_id for session in sessions}
        now = await in_database(standing.sanctions_among, users)
        known = {pk: sanction for pk, sanction in self._sanctions.items() if sanction.user_id in users}
        here = hub.by_user.keys() - users
        self._sanctions = {pk: held for pk, held in self._sanctions.items() if held.user_id in here} | now
        for pk in known.keys() ^ now.keys():
            sanction = (known | now)[pk]
            if sanction.bars_from_site and pk in now:
                hub.ban(sanction.user_id)
                continue
            for session in hub.sessions_of(sanction.user_id):
                for room in list(session.standings) if sanction.room_id is None else [sanction.room_id]:
                    await hub.refresh(session, room)

    async def follow_memberships(self, sessions: Collection[Session]) -> None:
        """People who are in other rooms than their sockets know."""
        marks = await in_database(standing.membership_marks, {session.user_id for session in sessions})
        for session in tuple(sessions):
            held = [place.membership for place in session.standings.values()]
            if marks.get(session.user_id, (0, 0)) != (len(held), max(held, default=0)):
                now = await in_database(standing.standings, session.user_id)
                for room in now.keys() ^ session.standings.keys():
                    await self._hub.refresh(session, room)

    async def look_after_the_slow(self) -> None:
        """Sockets that were skipped are caught up once they have read, or cut off when they do not."""
        hub = self._hub
        for session, since in tuple(hub.fanout.slow.items()):
            if session not in hub.sessions:
                del hub.fanout.slow[session]
            elif session.is_drained:
                del hub.fanout.slow[session]
                hub.spawn(self._resync(session))
            elif time.monotonic() - since > limits.SLOW_S:
                session.cut_off()

    async def _resync(self, session: Session) -> None:
        for room, watched in tuple(session.watched.items()):
            if watched.behind:
                await self._hub.catch_session_up(session, room, watched.rev or None)


async def reload_filters() -> None:
    await in_database(book.reload)


async def guarded(check: Check) -> None:
    try:
        await check()
    except Exception as error:  # what is away must not end a clock; it comes again
        logger.warning("live layer or database: %r; tried again soon", error)
