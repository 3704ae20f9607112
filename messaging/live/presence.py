"""Who is there: active, idle or offline, told to those who look.

Each process says how its own people are, at most once a second, and hears it of the others; a person is as present as
in the process where they are most. Who has left keeps their state for OFFLINE_AFTER_S. Losable: what an announcement
did not tell, the next full one does.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import NamedTuple

from messaging import limits
from messaging.live import broadcast
from messaging.live.broadcast import PresenceNews
from messaging.live.load import Load, Shed
from messaging.live.rechecks import guarded
from messaging.live.session import Session
from messaging.selectors.company import rooms_of_people
from messaging.threads import in_database
from messaging.wire import server_frames

OFFLINE, IDLE, ACTIVE = range(3)
NAMES = ("offline", "idle", "active")


class _Gone(NamedTuple):
    """When somebody was there last, and how."""

    at: float
    state: int


class Presence:
    """Of one process. Event-loop only; `tick` is called about once a second."""

    def __init__(
        self,
        sessions_of: Callable[[int], Collection[Session]],
        load: Load | None = None,
        clock: Callable[[], float] = time.monotonic,
        origin: int = broadcast.ORIGIN,
    ) -> None:
        self._sessions_of, self._load, self._clock, self._origin = sessions_of, load or Load(), clock, origin
        self._states: dict[int, dict[int, int]] = defaultdict(dict)
        """{process: {user: IDLE or ACTIVE}}; ours is what we have told."""
        self._heard: dict[int, float] = {}
        """When each other process was heard of last."""
        self._gone: dict[int, _Gone] = {}
        self._moved: set[int] = set()
        """People of ours who came, left, or became idle or active since the last tick."""
        self._wishes: dict[Session, list[int]] = {}
        """Whom sockets look at now, not yet checked."""
        self._looked_at: dict[Session, set[int]] = {}
        self._lookers: dict[int, set[Session]] = defaultdict(set)
        self._untold: dict[Session, set[int]] = defaultdict(set)
        self._refresh_at = 0.0
        self._owes_all = self._asks = True

    # What sockets say

    def moved(self, user: int) -> None:
        """Somebody came, left, or became idle or active."""
        self._moved.add(user)

    def look_at(self, session: Session, people: list[int]) -> None:
        """Make these the full list of those whose presence this socket is told."""
        self._wishes[session] = people

    def leave(self, session: Session) -> None:
        """Forget a socket that is gone."""
        self._wishes.pop(session, None)
        self._set_looked_at(session, set())
        self._looked_at.pop(session, None)
        self._untold.pop(session, None)
        self.moved(session.user_id)

    # What processes say

    def hear(self, news: PresenceNews) -> None:
        if news.origin == self._origin:
            return
        self._heard[news.origin] = self._clock()
        self._take(news.origin, news.states, is_all=news.is_all)
        if news.asks:
            self._owes_all = True

    def state_of(self, user: int) -> int:
        now = max((states.get(user, OFFLINE) for states in self._states.values()), default=OFFLINE)
        return self._gone[user].state if now == OFFLINE and user in self._gone else now

    # Once a second

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(limits.PRESENCE_EVERY_S)
            await guarded(self.tick)

    async def tick(self) -> None:
        """Nothing of it is done, nor lost, while there is too much to do."""
        if not self._load.admits(Shed.PRESENCE):
            return
        self._forget_who_is_gone()
        await guarded(self._grant_wishes)  # without a database, what others tell goes on
        changed = self._own_changes()
        self._tell()
        await self._announce(changed)

    async def say_goodbye(self) -> None:
        """This process ends: its people are elsewhere, or gone."""
        await broadcast.announce_presence(PresenceNews(self._origin, is_all=True))

    def _own_changes(self) -> dict[int, int]:
        moved, self._moved = self._moved, set()
        told = self._states[self._origin]
        now = {user: self._own_state(user) for user in moved}
        changed = {user: state for user, state in now.items() if told.get(user, OFFLINE) != state}
        self._take(self._origin, changed)
        return changed

    def _own_state(self, user: int) -> int:
        sessions = self._sessions_of(user)
        if not sessions:
            return OFFLINE
        return IDLE if all(session.is_idle for session in sessions) else ACTIVE

    async def _announce(self, changed: dict[int, int]) -> None:
        """The changes, or now and then everybody; also everybody after an announcement that failed."""
        is_all = self._owes_all or self._clock() >= self._refresh_at
        states = list((self._states[self._origin] if is_all else changed).items())
        self._owes_all = False
        try:
            for start in range(0, max(len(states), int(is_all)), limits.PRESENCE_PEOPLE):
                part = dict(states[start : start + limits.PRESENCE_PEOPLE])
                is_first = is_all and start == 0
                news = PresenceNews(self._origin, part, is_all=is_first, asks=is_first and self._asks)
                await broadcast.announce_presence(news)
        except BaseException:
            self._owes_all = True
            raise
        if is_all:
            self._asks = False
            self._refresh_at = self._clock() + limits.PRESENCE_REFRESH_S

    def _take(self, origin: int, states: dict[int, int], *, is_all: bool = False) -> None:
        held = self._states[origin]
        gone = dict.fromkeys(held.keys() - states.keys(), OFFLINE) if is_all else {}
        for user, state in {**gone, **states}.items():
            before = self.state_of(user)
            if state == OFFLINE:
                held.pop(user, None)
            else:
                held[user] = state
            self._follow(user, before)

    def _follow(self, user: int, before: int) -> None:
        if any(user in states for states in self._states.values()):
            self._gone.pop(user, None)
        elif before != OFFLINE and user not in self._gone:
            self._gone[user] = _Gone(self._clock(), before)
        if self.state_of(user) != before:
            self._note(user)

    def _forget_who_is_gone(self) -> None:
        now = self._clock()
        for origin in [one for one, at in self._heard.items() if now - at > limits.PRESENCE_FORGOTTEN_S]:
            self._take(origin, {}, is_all=True)
            del self._states[origin], self._heard[origin]
        for user in [user for user, gone in self._gone.items() if now - gone.at >= limits.OFFLINE_AFTER_S]:
            del self._gone[user]
            self._note(user)

    async def _grant_wishes(self) -> None:
        """Only of people one shares a room with; one query for all who ask."""
        if not self._wishes:
            return
        wishes = dict(self._wishes)
        rooms = await in_database(rooms_of_people, {user for people in wishes.values() for user in people})
        for session, people in wishes.items():
            if self._wishes.get(session) is not people:  # gone, or looking elsewhere by now
                continue
            del self._wishes[session]
            known = {user for user in people if not rooms.get(user, set()).isdisjoint(session.standings)}
            self._untold[session] |= known - self._looked_at.get(session, set())
            self._set_looked_at(session, known)

    def _set_looked_at(self, session: Session, people: set[int]) -> None:
        before = self._looked_at.get(session, set())
        for user in before - people:
            self._lookers[user].discard(session)
            if not self._lookers[user]:
                del self._lookers[user]
        for user in people - before:
            self._lookers[user].add(session)
        self._looked_at[session] = people

    def _note(self, user: int) -> None:
        for session in self._lookers.get(user, ()):
            self._untold[session].add(user)

    def _tell(self) -> None:
        untold, self._untold = self._untold, defaultdict(set)
        for session, users in untold.items():
            people = {str(user): NAMES[self.state_of(user)] for user in users & self._looked_at.get(session, set())}
            if people:
                session.write(server_frames.frame("presence", people=people))
