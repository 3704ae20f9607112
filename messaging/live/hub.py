"""The hub of a web process: one channel on the channel layer for all of its sockets.

It keeps, per room with people here, the `rev` it has passed on; what it misses (the layer is at most once) it
finds by `after`, or by the check every five seconds, and reads once for everybody.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Collection

from django.db import DatabaseError

from messaging import limits, metrics
from messaging.live import broadcast
from messaging.live.broadcast import PeopleNews, PresenceNews, ReadMarker, RoomChange, TypingNow
from messaging.live.catch_up import CatchUp
from messaging.live.fanout import Fanout
from messaging.live.load import Load
from messaging.live.local_room import Caught, LocalRoom, as_change
from messaging.live.loop_lag import LoopLag
from messaging.live.news import News
from messaging.live.presence import Presence
from messaging.live.read_markers import move_marker
from messaging.live.receipts import Receipts
from messaging.live.rechecks import Rechecks, guarded
from messaging.live.session import Session, WatchedRoom
from messaging.live.turn import Turn
from messaging.selectors import history, standing
from messaging.threads import in_database
from messaging.wire import server_frames
from messaging.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

STOP_S = 2.0


class Hub:
    """Event-loop only. `start` joins the layer; `stop` leaves it."""

    def __init__(self, load: Load | None = None) -> None:
        self.load = load or Load()
        self.sessions: set[Session] = set()
        self.by_user: dict[int, set[Session]] = defaultdict(set)
        self.rooms: dict[int, LocalRoom] = {}
        self._groups: set[str] = set()
        self._settling = asyncio.Lock()
        self._rooms_changed, self._groups_of = 0, -1
        """How often rooms came or went; how often they had, for the groups that this is in."""
        self._channel: str | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._side_tasks: set[asyncio.Future[None]] = set()
        self._catch_ups = CatchUp()
        self.lag = LoopLag()
        self.fanout = Fanout(lambda: self.lag.usual_s)
        self.rechecks = Rechecks(self)
        self.presence = Presence(self.sessions_of, self.load)
        self.receipts = Receipts(self.load)
        self.news = News(self)

    # Life

    async def start(self) -> None:
        """Returns once the layer is joined; a layer that is away is tried again and again beside."""
        broadcast.set_home_loop(asyncio.get_running_loop())
        await guarded(self._open_channel)
        watches = (self.lag.watch(), self.load.watch(lambda: self.lag.usual_s, self._unread), self.fanout.run())
        live = (self.presence.run(), self.receipts.run())
        for job in (self._receive(), *watches, *live, *self.rechecks.clocks()):
            self._tasks.append(asyncio.create_task(job))

    async def stop(self) -> None:
        """Bounded: the Redis layer unsubscribes when a receive is cancelled, and now and then never gets its answer."""
        await guarded(self.presence.say_goodbye)
        tasks = {*self._tasks, *self._side_tasks}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)
        self._tasks.clear()
        broadcast.set_home_loop(None)

    def spawn(self, work: Awaitable[None]) -> None:
        """Run something beside the frames of a socket; errors are logged, not lost."""
        task = asyncio.ensure_future(work)
        self._side_tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Future[None]) -> None:
        self._side_tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.warning("work beside a socket failed: %r", task.exception())

    # Sockets

    def add(self, session: Session) -> None:
        """From now on this session's rooms are counted and can be watched."""
        self.sessions.add(session)
        self.by_user[session.user_id].add(session)
        for room in session.standings:
            self._enter(session, room)
        self.presence.moved(session.user_id)
        metrics.sockets.set(len(self.sessions))

    def remove(self, session: Session) -> None:
        for room in list(session.standings):
            self._leave(session, room)
        self.sessions.discard(session)
        mine = self.by_user[session.user_id]
        mine.discard(session)
        if not mine:
            del self.by_user[session.user_id]
        self.presence.leave(session)
        self.receipts.leave(session)
        metrics.sockets.set(len(self.sessions))

    def _unread(self) -> int:
        """Frames that came in and wait to be handled."""
        return sum(session.writer.unread() for session in self.sessions)

    def is_here(self, user_id: int) -> bool:
        return user_id in self.by_user

    def sessions_of(self, user_id: int) -> Collection[Session]:
        return tuple(self.by_user.get(user_id, ()))

    def _enter(self, session: Session, room: int) -> None:
        held = session.standings[room]
        local = self.rooms.get(room)
        if local is None:
            local = self.rooms[room] = LocalRoom(held.rev, held.members_version)
            self._rooms_changed += 1
        local.members_version = min(local.members_version, held.members_version)
        local.members[session] = held

    def _leave(self, session: Session, room: int) -> None:
        self.unwatch(session, room)
        local = self.rooms.get(room)
        if local is None:
            return
        local.members.pop(session, None)
        if not local.members:
            del self.rooms[room]
            self._rooms_changed += 1

    # Watching

    async def watch(self, session: Session, revs: dict[int, int]) -> None:
        """Make `revs` the full list on screen: register first, then snapshot, so that nothing falls between.

        A later call replaces this one, also while this one still waits for a snapshot.
        """
        session.on_screen = revs
        for room in [room for room in session.watched if room not in revs]:
            self.unwatch(session, room)
        for room, rev in revs.items():
            if session not in self.sessions or session.on_screen is not revs:
                return
            if room not in session.watched and room in session.standings:
                self.rooms[room].watchers[session] = session.begin_watch(room)
                await self.catch_session_up(session, room, rev or None)

    def unwatch(self, session: Session, room: int) -> None:
        if session.end_watch(room) and room in self.rooms:
            self.rooms[room].watchers.pop(session, None)

    async def sync(self, session: Session, room: int, after: int | None) -> None:
        """Write what this client is missing."""
        await self.catch_session_up(session, room, after)

    async def catch_session_up(self, session: Session, room: int, after: int | None) -> None:
        """Live frames of the room wait meanwhile, so that no piece of the catch-up is taken for a hole."""
        watched = session.watched.get(room) or WatchedRoom(room, session)
        async with watched.lock:
            if watched.held is None:
                watched.held = []
            watched.behind, watched.rev = False, after or 0
            caught = await self._missed_by(session, room, after)
            if caught is not None:
                await session.write_caught(watched, caught.frames, caught.rev)

    async def _missed_by(self, session: Session, room: int, after: int | None) -> Caught | None:
        """None for a person who has left meanwhile, though nobody told this process."""
        local = self.rooms.get(room)
        if local is None or session not in local.members:
            return None
        passed_on = local.rev
        caught = None if after is None else local.since(after)
        while caught is None or caught.rev < passed_on:  # a shared answer may be older than our question
            try:
                read = await self._catch_ups.read(room, after)
            except DatabaseError as error:
                logger.warning("a catch-up waits: %s", error)
                await asyncio.sleep(random.uniform(0, limits.CATCH_UP_RETRY_S))
                if session not in self.sessions:
                    return None
                continue
            if read.members_version > local.members_version:
                async with local.lock:
                    await self.recheck_members(room, local, read.members_version)
            caught = read.caught
        return caught if room in session.standings else None

    # Events

    async def _receive(self) -> None:
        layer = broadcast.layer()
        turn = Turn()
        while True:
            await turn.share()  # a layer that has more ready never waits
            try:
                channel = self._channel or await self._open_channel()
                await self.settle_groups()
                event = await layer.receive(channel)
            except Exception as error:  # whatever the layer raises, the hub outlives it: `rev` finds what was lost
                logger.warning("channel layer: %r; trying again", error)
                await asyncio.sleep(1)
                continue
            metrics.events_received.inc()
            await self._handle(broadcast.read_event(event))

    async def _open_channel(self) -> str:
        async with asyncio.timeout(limits.ANNOUNCE_S):
            self._channel = await broadcast.layer().new_channel()
        return self._channel

    async def settle_groups(self) -> None:
        """Be in the people group and in the shards that have people here, in no other. Safe to call at any time.

        At most ANNOUNCE_S; raises TimeoutError beyond, or what the layer raises.
        """
        if self._channel is None or self._groups_of == self._rooms_changed:
            return
        # One at a time: who knows of fewer rooms must not leave what somebody else has just joined.
        async with asyncio.timeout(limits.ANNOUNCE_S), self._settling:
            await self._settle(self._channel)

    async def _settle(self, channel: str) -> None:
        rooms_changed = self._rooms_changed
        wanted = {broadcast.PEOPLE_GROUP, *map(broadcast.shard_group, map(broadcast.shard_of, self.rooms))}
        layer = broadcast.layer()
        for group in wanted - self._groups:
            await layer.group_add(group, channel)
            self._groups.add(group)
        for group in self._groups - wanted:
            self._groups.discard(group)  # first: one that cannot be left for certain has to be joined again
            await layer.group_discard(group, channel)
        self._groups_of = rooms_changed

    async def _handle(self, event: broadcast.Event) -> None:
        try:
            match event:
                case PeopleNews():
                    await self.news.tell(event)
                case TypingNow():
                    self.news.tell_typing(event)
                case PresenceNews():
                    self.presence.hear(event)
                case _:
                    for change in event:
                        await self._take(change)
        except Exception:  # one event that goes wrong must not end delivery for everybody
            logger.exception("an event could not be delivered")

    async def _take(self, change: RoomChange) -> None:
        local = self.rooms.get(change.room)
        if local is None or (change.rev <= local.head and change.members_version <= local.members_version):
            return
        if change.members_version <= local.members_version and self._follows(local, change):
            self.fanout.put(local, change)
            return
        async with local.lock:
            if change.members_version > local.members_version:
                await self.recheck_members(change.room, local, change.members_version)
            if change.rev > local.head:
                if self._follows(local, change):
                    self.fanout.put(local, change)
                else:
                    await self.catch_up(change.room, local)

    @staticmethod
    def _follows(local: LocalRoom, change: RoomChange) -> bool:
        return change.after <= local.head and bool(change.fragments)

    async def catch_up(self, room: int, local: LocalRoom) -> None:
        """Read once, for everybody here, what was announced and never arrived. The room's lock is held."""
        metrics.holes.inc()
        await self.fanout.flush_room(local)
        rev = None
        while rev != local.rev:  # until nothing was stored between reading the rows and the mentions
            found, members_version = await in_database(history.changes_and_members_version, room, local.rev)
            if members_version > local.members_version:
                await self.recheck_members(room, local, members_version)
            if found.reset:
                await self._refresh_standings(room, local)
            await self.fanout.deliver(local, as_change(found, local), found.frames())
            rev = await self._recount_mentions(room, local)

    async def _recount_mentions(self, room: int, local: LocalRoom) -> int:
        """From the database, for a message that was edited does not say whom it named before. Returns the rev they
        were read at."""
        held = [(session.user_id, place) for session, place in local.members.items()]
        read_from = min((place.read for _, place in held), default=0)
        named, rev = await in_database(standing.mentions_above, room, {user for user, _ in held}, read_from)
        for user, place in held:
            place.mentions = sum(seq > place.read for seq in named.get(user, ()))
        return rev

    # Membership: a change of members holds the room's frames until its watchers here are checked again.

    async def recheck_members(self, room: int, local: LocalRoom, version: int) -> None:
        await self.fanout.flush_room(local)  # of the time before: to who was here then
        asked = set(local.members)
        members = await in_database(standing.members_among, room, {session.user_id for session in asked})
        for session in set(local.members) - asked:  # came meanwhile: what it has read may be older
            await self.refresh(session, room)
        for session in asked & set(local.members):
            member, held = members.get(session.user_id), session.standings.get(room)
            if member is None:
                self._expel(session, room)
            elif held is not None and held.membership != member.pk:  # left and came back
                self._expel(session, room)
                await self.refresh(session, room)
            elif held is not None:
                if held.role != member.role or room in session.watched:
                    session.changed_rooms.add(room)
                held.role, held.members_version = member.role, version
        local.members_version = max(local.members_version, version)

    def _expel(self, session: Session, room: int) -> None:
        self._leave(session, room)
        session.standings.pop(room, None)
        session.write(server_frames.frame("notice", code="left", room=room))

    async def refresh(self, session: Session, room: int) -> None:
        """Read one room of a session anew: joined, left, or changed."""
        before = session.standings.get(room)
        marker = before.read if before is not None else None  # ours may be a second ahead of the database
        held = (await in_database(standing.standings, session.user_id, [room], marker)).get(room)
        if session not in self.sessions:
            return
        if held is None:
            if room in session.standings:
                self._expel(session, room)
            return
        is_new = room not in session.standings
        session.standings[room] = held
        if not is_new:
            self.rooms[room].members[session] = held
        if before is not None and before.about() != held.about():
            session.changed_rooms.add(room)
        if is_new:
            self._enter(session, room)
            session.write(server_frames.frame("notice", code="joined", room=held))
        elif before is not None and before.muted_until != held.muted_until:
            session.write(server_frames.frame("notice", code="changed", room=held))

    async def _refresh_standings(self, room: int, local: LocalRoom) -> None:
        for session in tuple(local.members):
            await self.refresh(session, room)

    def ban(self, user: int) -> None:
        for session in self.sessions_of(user):
            metrics.sockets_closed.labels(code=CloseCode.FORBIDDEN.value).inc()
            session.close(CloseCode.FORBIDDEN)

    async def mark_read(self, marker: ReadMarker) -> None:
        """Move a person's marker in all their sockets here and tell them the exact counts."""
        await move_marker(self.sessions_of(marker.user), marker)
